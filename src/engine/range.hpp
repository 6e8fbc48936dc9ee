#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace mien::engine {

/// Finds the eight-bit numbers for a stream of values in two passes over it: the first sees the
/// range, the second counts, and the range is then cut where the mean squared error is smallest.
class RangeFinder {
 public:
  void see(std::span<const float> values);    ///< first pass
  void count(std::span<const float> values);  ///< second pass

  /// real = scale * (stored - zero_point), stored in 0..255, zero exactly.
  struct Result {
    float scale;
    std::uint8_t zero_point;
  };
  Result result() const;

 private:
  static constexpr int kBins = 2048;

  Result for_range(double low, double high) const;

  double low_ = 0;
  double high_ = 0;
  std::vector<std::int64_t> bins_ = std::vector<std::int64_t>(kBins);
};

}  // namespace mien::engine
