#pragma once

#include <cstddef>
#include <span>

#include "mien/face.hpp"

namespace mien::metrics {

/// What a detector made of the true faces; counts of several images add up.
struct DetectionCounts {
  std::size_t found = 0;     ///< true faces with a detection of their own
  std::size_t missed = 0;    ///< true faces without
  std::size_t spurious = 0;  ///< detections without a true face

  double recall() const;     ///< found / (found + missed); 0 without true faces
  double precision() const;  ///< found / (found + spurious); 0 without detections
  DetectionCounts& operator+=(const DetectionCounts& other);
};

/// Greedy matching within one image, as in Pascal VOC: detections from the surest on, each takes
/// the true face with which it overlaps most among those that are free, if their intersection over
/// union is at least `least_overlap`.
DetectionCounts match_faces(std::span<const DetectedFace> detections, std::span<const Box> truth,
                            float least_overlap = 0.5f);

}  // namespace mien::metrics
