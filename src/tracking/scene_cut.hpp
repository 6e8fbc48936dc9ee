#pragma once

#include <vector>

#include "mien/image.hpp"

namespace mien::tracking {

/// Detects scene cuts, so that nobody inherits the number of a person who was in the same place
/// before. Compares small gray copies of the frames: a cut is a
/// difference that is large and much larger than the one before, so that a moving camera is none
/// (the measure of FFmpeg's filter scdet). Not thread safe.
class SceneCut {
 public:
  /// True where `frame`, shown at `seconds`, starts another scene. Frames more than a quarter of a
  /// second apart are not compared.
  bool operator()(const ImageView& frame, double seconds);

 private:
  std::vector<float> before_;
  double seconds_ = 0;
  double difference_ = 0;
};

}  // namespace mien::tracking
