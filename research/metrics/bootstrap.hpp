#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

#include "metrics/report.hpp"

// Shared by the bootstrap estimates of this module.
namespace mien::metrics {

/// Bootstrap resamples of the indices 0..count-1. Whole groups are drawn with replacement.
class Resampler {
 public:
  /// `groups` [count]: indices with equal numbers are drawn together; empty: each index is a group.
  /// Throws Error kInvalidArgument for another size.
  Resampler(std::uint64_t seed, std::size_t count, std::span<const int> groups);

  template <class Visit>
  void draw(Visit visit) {
    for (std::size_t i = 0; i < members_.size(); ++i) {
      for (const std::size_t member : members_[next()]) visit(member);
    }
  }

 private:
  /// The high 32 bits scaled to the count: uniform to within count / 2^32, and the same on every
  /// platform.
  std::size_t next() { return ((random_() >> 32) * members_.size()) >> 32; }

  std::mt19937_64 random_;
  std::vector<std::vector<std::size_t>> members_;  // [group]
};

/// The value and its bias-corrected 95 % percentile interval: percentiles 2.5 and 97.5 of `rounds`,
/// minus their mean difference from the value. Ignores NaN. Returns {value, value, value} if
/// `rounds` is empty and {value, 0, 1} if all are NaN.
Score percentile_score(double value, std::vector<double> rounds);

}  // namespace mien::metrics
