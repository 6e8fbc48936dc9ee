#pragma once

#include <string>
#include <vector>

#include "audit/audit.hpp"

namespace mien::audit {

/// A page of the report on a set.
struct Page {
  std::string name;  ///< of its file
  std::string html;
};

/// "index.html" with what was found and how, and contact sheets of the suspects, a few hundred
/// pictures a page, each page self-contained. `source` is what the set is called.
std::vector<Page> contact_sheets(const AuditResult& result, const datasets::Dataset& dataset,
                                 const std::string& source);

/// What was found, for a terminal and for programs.
std::string to_text(const AuditResult& result, const datasets::Dataset& dataset);
std::string to_json(const AuditResult& result, const datasets::Dataset& dataset);

}  // namespace mien::audit
