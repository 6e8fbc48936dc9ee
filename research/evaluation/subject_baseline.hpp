#pragma once

#include <span>
#include <vector>

namespace mien::evaluation {

/// Subtracts each subject's mean log-probabilities, because resting faces differ: needs no labels,
/// but images of several expressions per subject. `logits` [n, classes] of softmax(logits /
/// temperature), `subjects` [n] any number per subject. Returns logits [n, classes] at temperature
/// 1. Throws Error kInvalidArgument if sizes do not match.
std::vector<float> subtract_subject_means(std::span<const float> logits, int classes,
                                          double temperature, std::span<const int> subjects);

}  // namespace mien::evaluation
