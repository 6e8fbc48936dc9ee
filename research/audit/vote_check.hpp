#pragma once

#include <optional>
#include <vector>

#include "audit/audit.hpp"

namespace mien::audit {

/// Agreement of the voters with the k highest scores.
struct PrecisionAtK {
  std::size_t k = 0;
  double precision = 0;  ///< share of the first k that the voters mark
  double recall = 0;     ///< share of all images that the voters mark
};

/// How well a score finds the images that the ten voters of FER+ mark.
struct VoteCheck {
  std::size_t images = 0;        ///< with decisive votes
  std::size_t positives = 0;     ///< of these, marked by the voters
  double area = 0;               ///< area under the ROC curve
  std::vector<PrecisionAtK> at;  ///< for k = 50, 100, 200, 500, … up to the number of images
  double base_rate() const {
    return images > 0 ? static_cast<double>(positives) / static_cast<double>(images) : 0;
  }
};

/// Flatness compared with a majority of "not a face" votes.
VoteCheck check_no_faces(const AuditResult& result, const datasets::Dataset& dataset);
/// Precision and recall of a flatness threshold.
PrecisionAtK check_flat_from(const AuditResult& result, const datasets::Dataset& dataset,
                             float min_flatness);

struct LabelCheck {
  VoteCheck doubts;        ///< LabelAudit::doubts compared with a FER+ majority for another emotion
  std::size_t issues = 0;  ///< label issues whose image has a majority
  double wrong = 0;        ///< share that the majority calls wrong
  double suggestion = 0;   ///< share whose suggestion is the majority's emotion
  std::size_t relabelled = 0;  ///< the same for labels to replace
  double relabelled_wrong = 0;
  double relabelled_suggestion = 0;
};
/// Over the images of all splits; empty without label predictions or votes.
std::optional<LabelCheck> check_labels(const AuditResult& result, const datasets::Dataset& dataset);

}  // namespace mien::audit
