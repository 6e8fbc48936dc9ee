#pragma once

#include <cstddef>
#include <span>

#include "mien/face.hpp"

namespace mien::metrics {

/// Detections matched with true faces; counts of several images add up.
struct DetectionCounts {
  std::size_t found = 0;     ///< true faces matched with a detection
  std::size_t missed = 0;    ///< true faces without a detection
  std::size_t spurious = 0;  ///< detections without a true face

  double recall() const;     ///< found / (found + missed); 0 if there are no true faces
  double precision() const;  ///< found / (found + spurious); 0 if there are no detections
  DetectionCounts& operator+=(const DetectionCounts& other);
};

/// Greedy matching within one image, as in Pascal VOC: by descending score, each detection takes
/// the unmatched true face with the largest intersection over union, if that is at least
/// `min_overlap`.
DetectionCounts match_faces(std::span<const DetectedFace> detections, std::span<const Box> truth,
                            float min_overlap = 0.5f);

}  // namespace mien::metrics
