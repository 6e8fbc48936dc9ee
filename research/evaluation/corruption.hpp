#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "mien/image.hpp"

namespace mien::evaluation {

/// A way to make a face picture worse, as cameras, networks and detectors do.
enum class Disturbance {
  kBlur,      ///< Gaussian; strength: its standard deviation in parts of the picture's side
  kNoise,     ///< Gaussian, a value a pixel; strength: standard deviation in 0..255
  kJpeg,      ///< strength: quality, 1 to 100
  kLowLight,  ///< strength: what is left of the light, 0 to 1; the sensor adds noise of one gray
              ///< value
  kSmall,     ///< strength: side in pixels that the picture is shrunk to and enlarged from
  kShift,     ///< the box of the face is off; strength: by this part of its side, in a direction of
              ///< chance
  kScale,     ///< strength: the box of the face is this many times too large
};

struct DisturbanceStep {
  Disturbance kind;
  double strength;
  std::string name;  ///< "blur"
  std::string text;  ///< "2 px"
};

/// The steps of the robustness table, kind after kind, from weak to strong, for pictures of 48
/// pixels.
std::vector<DisturbanceStep> disturbance_steps();

/// The picture, disturbed; the same seed gives the same. Where a box reaches outside the picture
/// its edge pixels repeat. Gray only: throws Error kInvalidArgument for another or an empty image.
Image disturb(const ImageView& gray, Disturbance kind, double strength, std::uint64_t seed);

}  // namespace mien::evaluation
