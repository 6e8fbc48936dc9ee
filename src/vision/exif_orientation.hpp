#pragma once

#include <cstddef>
#include <span>

#include "mien/image.hpp"

namespace mien::vision {

/// The orientation tag (0x0112) of an EXIF block that starts with its TIFF header ("II" or "MM"): 1
/// to 8, and 1 where the block does not say or is damaged. Reads no byte outside the block.
int exif_orientation(std::span<const std::byte> exif);

/// The image as a viewer should see it: turned and mirrored from EXIF orientation 1..8 to 1.
Image apply_orientation(Image image, int orientation);

}  // namespace mien::vision
