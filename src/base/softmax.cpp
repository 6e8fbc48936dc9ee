#include "base/softmax.hpp"

#include <algorithm>
#include <cmath>

#include "base/text.hpp"
#include "mien/error.hpp"

namespace mien::base {

std::vector<float> softmax(std::span<const float> logits, int classes, double temperature) {
  if (!(temperature > 0)) {
    throw Error(ErrorCode::kInvalidArgument, format("temperature %g is not positive", temperature));
  }
  if (classes < 1 || logits.size() % static_cast<std::size_t>(classes) != 0) {
    throw Error(ErrorCode::kInvalidArgument,
                format("%zu logits are not rows of %d classes", logits.size(), classes));
  }
  if (!std::ranges::all_of(logits, [](float value) { return std::isfinite(value); })) {
    throw Error(ErrorCode::kInvalidArgument, "a logit is not a finite number");
  }
  const auto width = static_cast<std::size_t>(classes);
  std::vector<float> out(logits.size());
  for (std::size_t start = 0; start < logits.size(); start += width) {
    const auto row = logits.subspan(start, width);
    const double maximum = *std::ranges::max_element(row);
    double total = 0;
    for (const float logit : row) total += std::exp((logit - maximum) / temperature);
    for (std::size_t c = 0; c < width; ++c) {
      out[start + c] = static_cast<float>(std::exp((row[c] - maximum) / temperature) / total);
    }
  }
  return out;
}

}  // namespace mien::base
