#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "mien/image.hpp"

namespace mien::evaluation {

/// A controlled degradation of a face image.
enum class Corruption {
  kBlur,      ///< Gaussian; strength: standard deviation as a share of the image's side
  kNoise,     ///< Gaussian, independent per pixel; strength: standard deviation in 0..255
  kJpeg,      ///< strength: quality, 1 to 100
  kLowLight,  ///< strength: remaining light, 0 to 1; adds sensor noise of one gray level
  kSmall,     ///< strength: side in pixels to which the image is downscaled, then upscaled
  kShift,     ///< shifted face box; strength: share of its side, in a random direction
  kScale,     ///< strength: scale of the face box; 1 is correct
};

struct CorruptionStep {
  Corruption kind;
  double strength;
  std::string name;  ///< "blur"
  std::string text;  ///< "2 px"
};

/// The steps of the robustness table, by kind and increasing strength, for images of 48 pixels.
std::vector<CorruptionStep> corruption_steps();

/// Returns the corrupted image; deterministic for a seed. Borders are replicated. Throws Error
/// kInvalidArgument unless the image is gray and not empty.
Image corrupt(const ImageView& gray, Corruption kind, double strength, std::uint64_t seed);

}  // namespace mien::evaluation
