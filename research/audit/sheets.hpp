#pragma once

#include <string>
#include <vector>

#include "audit/audit.hpp"
#include "base/json.hpp"

namespace mien::audit {

/// A page of the audit report.
struct Page {
  std::string name;  ///< file name
  std::string html;
};

/// "index.html" with the summary, and contact sheets of the suspects with a few hundred images per
/// page. Each page is self-contained. `source` is the name of the set.
std::vector<Page> contact_sheets(const AuditResult& result, const datasets::Dataset& dataset,
                                 const std::string& source);

/// Summary for a terminal; as JSON.
std::string to_text(const AuditResult& result, const datasets::Dataset& dataset);
base::Json to_json(const AuditResult& result, const datasets::Dataset& dataset);

}  // namespace mien::audit
