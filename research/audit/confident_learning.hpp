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
  float score = 0;  ///< probability of the suggested label less that of the given one, -1 to 1
};

/// What confident learning says of the labels (Northcutt, Jiang, Chuang 2021, arXiv:1911.00068).
struct LabelAudit {
  std::vector<double>
      thresholds;  ///< [classes] mean probability of a class over the samples that bear it
  std::vector<std::vector<std::size_t>>
      joint;  ///< [classes][classes] samples by given and by confident label
  double noise_share =
      0;  ///< estimated share of wrong labels: the joint, scaled to each label's count
  std::vector<float>
      doubts;  ///< [count] of every label: the largest other probability less its own; -2: left out
  std::vector<LabelIssue> issues;  ///< off the joint's diagonal, the highest score first
};

/// A sample belongs to the most probable of the classes whose probability reaches their threshold;
/// where that is not its label, the label is an issue. Probabilities [count, classes] must come
/// from networks that did not train on the sample; labels [count] are 0..classes-1, or -1 for
/// samples to leave out (as are rows that are not finite). Throws Error kInvalidArgument where
/// sizes do not fit.
LabelAudit find_label_issues(std::span<const float> probabilities, std::span<const int> labels,
                             int classes);

}  // namespace mien::audit
