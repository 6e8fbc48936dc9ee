#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "datasets/dataset.hpp"
#include "metrics/slices.hpp"
#include "mien/face.hpp"

namespace mien::evaluation {

/// What a picture says of itself, beside its emotion.
struct FaceTraits {
  std::string subject;         ///< the person; empty where the set does not say
  double brightness = 0;       ///< mean of the pixels, 0..255
  double contrast = 0;         ///< their standard deviation
  std::optional<double> size;  ///< longer side of the face's box in pixels of its photograph
  std::optional<double> turn;  ///< to the side: how far the nose lies from between the eyes and the
                               ///< corners of the mouth, in distances of the eyes; 0 is frontal
  std::optional<double> tilt;  ///< of the eyes' line, in degrees; 0 is level
};

/// `detected`: the face in its photograph, where a detector has seen it.
FaceTraits traits_of(const datasets::Sample& sample, const std::optional<DetectedFace>& detected);

/// A way to part the pictures: `part` [pictures] is an index of `names`, -1 for a picture that does
/// not say.
struct Parting {
  std::string name;
  std::vector<std::string> names;
  std::vector<int> part;
};

/// By person, brightness and contrast and size (thirds of the pictures), turn and tilt (fixed
/// limits): those that the traits of at least two parts say.
std::vector<Parting> part_pictures(std::span<const FaceTraits> traits);

}  // namespace mien::evaluation
