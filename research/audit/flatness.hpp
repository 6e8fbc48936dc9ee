#pragma once

#include <cstdint>
#include <span>

#include "datasets/dataset.hpp"

namespace mien::audit {

/// The share of pixels within two gray levels of the most frequent one, 0 to 1: skin, hair and
/// background of a photograph vary, while blank pictures, text and line drawings are mostly one
/// gray.
float flatness(std::span<const std::uint8_t, datasets::kFacePixels> pixels);

}  // namespace mien::audit
