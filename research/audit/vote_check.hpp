#pragma once

#include <optional>
#include <vector>

#include "audit/audit.hpp"

namespace mien::audit {

/// How many of the surest suspects the voters agree with.
struct PrecisionAtK {
  std::size_t k = 0;
  double precision = 0;  ///< share of the first k that the voters agree with
  double recall = 0;     ///< share of all that the voters find that is among the first k
};

/// How well a score finds what the ten voters of FER+ find.
struct VoteCheck {
  std::size_t pictures = 0;   ///< with votes that decide
  std::size_t positives = 0;  ///< of which the voters find wrong
  double area =
      0;  ///< under the ROC curve: how often a picture that they find wrong has the higher score
  std::vector<PrecisionAtK> at;  ///< 50, 100, 200, 500, … as far as there are pictures
  double base_rate() const {
    return pictures > 0 ? static_cast<double>(positives) / static_cast<double>(pictures) : 0;
  }
};

/// Flatness against "not a face" by more than half of the votes.
VoteCheck check_no_faces(const AuditResult& result, const datasets::Dataset& dataset);
/// What AuditOptions::flat and drop_flat keep: precision and recall of flatness from a threshold
/// on.
PrecisionAtK check_flat_from(const AuditResult& result, const datasets::Dataset& dataset,
                             float least);

struct LabelCheck {
  VoteCheck doubts;  ///< LabelAudit::doubts against "the majority (metrics::ferplus_majority) is
                     ///< for another emotion"
  std::size_t issues = 0;      ///< label issues whose picture has a majority
  double wrong = 0;            ///< share of them that the majority calls wrong
  double suggestion = 0;       ///< share of them whose suggestion is the majority's emotion
  std::size_t relabelled = 0;  ///< the same for those to be relabelled
  double relabelled_wrong = 0;
  double relabelled_suggestion = 0;
};
/// Over the pictures of all splits; empty without label issues or without votes.
std::optional<LabelCheck> check_labels(const AuditResult& result, const datasets::Dataset& dataset);

}  // namespace mien::audit
