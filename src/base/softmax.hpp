#pragma once

#include <span>
#include <vector>

namespace mien::base {

/// Row by row softmax(logits / temperature); `logits` and the result are [count, classes]. Throws
/// Error kInvalidArgument where the logits are not whole rows or not finite, or the temperature is
/// not positive.
std::vector<float> softmax(std::span<const float> logits, int classes, double temperature);

}  // namespace mien::base
