#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

#include "metrics/report.hpp"

// What the resampling of this room shares.
namespace mien::metrics {

/// Resamples of 0..count-1: as many groups as there are, drawn with repetition, each with all its
/// members.
class Resampler {
 public:
  /// `groups` [count]: who is drawn together; empty: each alone. Throws Error kInvalidArgument for
  /// another size.
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

/// The value with the percentiles 2.5 and 97.5 of its `rounds`, moved by the rounds' mean excess
/// over it (their bias); {value, value, value} without rounds. Rounds in which it was not defined
/// (NaN) do not count; {value, 0, 1} where they all are.
Score percentile_score(double value, std::vector<double> rounds);

}  // namespace mien::metrics
