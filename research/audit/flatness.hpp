#pragma once

#include <cstdint>
#include <span>

#include "datasets/dataset.hpp"

namespace mien::audit {

/// The share of pixels within two gray levels of the most frequent one, 0 to 1: photos of faces
/// vary; blank images, text and line drawings are mostly one gray level.
float flatness(std::span<const std::uint8_t, datasets::kFacePixels> pixels);

}  // namespace mien::audit
