#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace mien::engine {

/// Chooses the 8-bit quantization of a stream of values in two passes: the first finds the range,
/// the second fills a histogram; the range is then clipped to minimize the mean squared error.
class RangeFinder {
 public:
  void observe(std::span<const float> values);  ///< first pass
  void count(std::span<const float> values);    ///< second pass

  /// float = scale * (stored - zero_point), with stored in 0..255; 0 is exact.
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
