#include "engine/range.hpp"

#include <algorithm>
#include <cmath>

namespace mien::engine {

void RangeFinder::observe(std::span<const float> values) {
  for (const float value : values) {
    low_ = std::min<double>(low_, value);
    high_ = std::max<double>(high_, value);
  }
}

void RangeFinder::count(std::span<const float> values) {
  const double per_bin = (high_ - low_) / kBins;
  if (!(per_bin > 0)) return;
  for (const float value : values) {
    const auto bin = static_cast<int>((value - low_) / per_bin);
    ++bins_[std::clamp(bin, 0, kBins - 1)];
  }
}

RangeFinder::Result RangeFinder::for_range(double low, double high) const {
  const double scale = (high - low) / 255;
  const double zero_point = std::clamp(std::nearbyint(-low / scale), 0.0, 255.0);
  return {static_cast<float>(scale), static_cast<std::uint8_t>(zero_point)};
}

RangeFinder::Result RangeFinder::result() const {
  if (!(high_ - low_ > 1e-20) || !std::isfinite(high_ - low_)) return {1.0F, 0};
  const double per_bin = (high_ - low_) / kBins;
  Result best = for_range(low_, high_);
  double best_error = INFINITY;
  for (int percent = 100; percent >= 30; --percent) {
    const Result candidate = for_range(low_ * percent / 100, high_ * percent / 100);
    double error = 0;
    for (int bin = 0; bin < kBins; ++bin) {
      const double value = low_ + (bin + 0.5) * per_bin;
      const double stored =
          std::clamp(std::nearbyint(value / candidate.scale) + candidate.zero_point, 0.0, 255.0);
      const double apart = (stored - candidate.zero_point) * candidate.scale - value;
      error += apart * apart * static_cast<double>(bins_[bin]);
    }
    if (error < best_error) {
      best_error = error;
      best = candidate;
    }
  }
  return best;
}

}  // namespace mien::engine
