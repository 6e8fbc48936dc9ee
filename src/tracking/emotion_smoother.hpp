#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace mien::tracking {

struct SmoothingOptions {
  double time_constant =
      0.2;              ///< seconds after which 63 % of a change has been followed; 0: no smoothing
  double margin = 0.1;  ///< lead that another emotion needs before the label changes
};

/// One face's probabilities over time, smoothed with an exponential moving average whose weight
/// follows the time that has passed, so that any frame rate gives the same curve; and a label with
/// hysteresis: it stays until another emotion is ahead of it by a margin. Not thread safe.
class EmotionSmoother {
 public:
  explicit EmotionSmoother(const SmoothingOptions& options = {}) : options_(options) {}

  /// The probabilities at `seconds`; [classes], the same number each time.
  void update(double seconds, std::span<const float> probabilities);

  const std::vector<float>& probabilities() const { return smoothed_; }  ///< sum 1
  std::size_t label() const { return label_; }  ///< an index of probabilities()

 private:
  SmoothingOptions options_;
  std::vector<float> smoothed_;
  std::size_t label_ = 0;
  double last_ = 0;
};

}  // namespace mien::tracking
