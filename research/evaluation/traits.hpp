#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "datasets/dataset.hpp"
#include "metrics/slices.hpp"
#include "mien/face.hpp"

namespace mien::evaluation {

/// Properties of an image for slices.
struct FaceTraits {
  std::string subject;         ///< empty if unknown
  double brightness = 0;       ///< mean of the pixels, 0..255
  double contrast = 0;         ///< their standard deviation
  std::optional<double> size;  ///< longer side of the face box in pixels of the photo
  std::optional<double>
      turn;  ///< head turn: distance of the nose from the line between the centers of eyes and
             ///< mouth, divided by the eye distance; 0 is frontal
  std::optional<double> tilt;  ///< of the line through the eyes, in degrees; 0 is level
};

/// `detected`: the detected face in its photo, if any.
FaceTraits traits_of(const datasets::Sample& sample, const std::optional<DetectedFace>& detected);

/// A division of the images into slices: `slice` [images] is an index into `names`, or -1 if
/// unknown.
struct Partition {
  std::string name;
  std::vector<std::string> names;
  std::vector<int> slice;
};

/// Partitions by subject; by brightness, contrast and face size (thirds); by turn and tilt (fixed
/// limits). Partitions with fewer than two slices are omitted.
std::vector<Partition> partition_images(std::span<const FaceTraits> traits);

}  // namespace mien::evaluation
