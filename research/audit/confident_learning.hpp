#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace mien::audit {

/// A label that is probably wrong.
struct LabelIssue {
  std::size_t index = 0;  ///< of the sample
  int given = 0;
  int suggested = 0;
  float score = 0;  ///< probability of the suggested label minus that of the given label, -1 to 1
};

/// Result of confident learning (Northcutt, Jiang, Chuang 2021, arXiv:1911.00068).
struct LabelAudit {
  std::vector<double>
      thresholds;  ///< [classes] mean probability of a class over the samples with that label
  std::vector<std::vector<std::size_t>>
      joint;  ///< [classes][classes] samples by given and by confident label
  double noise_share =
      0;  ///< estimated share of wrong labels: the joint, scaled to each label's count
  std::vector<float> doubts;  ///< [count] largest probability of another class minus that of the
                              ///< label; -2: not checked
  std::vector<LabelIssue> issues;  ///< off the joint's diagonal, the highest score first
};

/// A sample's confident label is the most probable class among those whose probability reaches
/// their threshold; if it differs from the given label, that is an issue. Probabilities [count,
/// classes] must come from networks that were not trained on the sample; labels [count] are
/// 0..classes-1, or -1 to skip a sample (rows that are not finite are skipped too). Throws Error
/// kInvalidArgument if sizes do not match.
LabelAudit find_label_issues(std::span<const float> probabilities, std::span<const int> labels,
                             int classes);

}  // namespace mien::audit
