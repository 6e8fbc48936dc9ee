#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include "metrics/report.hpp"

// What the resampling of this room shares.
namespace mien::metrics {

/// Indices of one resample after another: 0..count-1 with repetition.
class Resampler {
 public:
  Resampler(std::uint64_t seed, std::size_t count) : random_(seed), count_(count) {}
  /// The high 32 bits scaled to the count: uniform to within count / 2^32, and the same on every platform.
  std::size_t next() { return ((random_() >> 32) * count_) >> 32; }

 private:
  std::mt19937_64 random_;
  std::size_t count_;
};

/// The value with the percentiles 2.5 and 97.5 of its `rounds`, moved by the rounds' mean excess over it (their bias);
/// {value, value, value} without rounds.
Score percentile_score(double value, std::vector<double> rounds);

}  // namespace mien::metrics
