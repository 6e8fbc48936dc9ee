#include "tracking/emotion_smoother.hpp"

#include <algorithm>
#include <cmath>

namespace mien::tracking {

void EmotionSmoother::update(double seconds, std::span<const float> probabilities) {
  const bool first = smoothed_.empty();
  if (first) smoothed_.assign(probabilities.begin(), probabilities.end());
  const double passed = std::max(0.0, seconds - last_);
  const float kept = options_.time_constant > 0
                         ? static_cast<float>(std::exp(-passed / options_.time_constant))
                         : 0;
  for (std::size_t i = 0; i < smoothed_.size(); ++i) {
    smoothed_[i] = kept * smoothed_[i] + (1 - kept) * probabilities[i];
  }
  last_ = std::max(last_, seconds);
  const auto best =
      static_cast<std::size_t>(std::ranges::max_element(smoothed_) - smoothed_.begin());
  if (first || smoothed_[best] - smoothed_[label_] > options_.margin) label_ = best;
}

}  // namespace mien::tracking
