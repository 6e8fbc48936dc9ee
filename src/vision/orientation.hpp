#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "mien/image.hpp"

namespace mien::vision {

/// The orientation tag (0x0112; BYTE, SHORT or LONG) of an EXIF block that starts with its TIFF
/// header ("II" or "MM"), 1 to 8. Empty if the block has no valid tag. Reads no byte outside it.
std::optional<int> exif_orientation(std::span<const std::byte> exif);

/// The same of an XMP packet: tiff:Orientation as an attribute or an element.
std::optional<int> xmp_orientation(std::span<const std::byte> xmp);

/// The image as a viewer shows it: rotated and mirrored from EXIF orientation 1..8 to 1.
Image apply_orientation(Image image, int orientation);

}  // namespace mien::vision
