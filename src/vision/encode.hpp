#pragma once

#include <cstddef>
#include <vector>

#include "mien/image.hpp"

namespace mien::vision {

/// Baseline JPEG; `quality` 1 to 100. Color is stored at half resolution below quality 90 and at
/// full resolution from there. Throws Error kInvalidArgument (quality, an empty image) and
/// kTooLarge (a side over 65535).
std::vector<std::byte> encode_jpeg(const ImageView& image, int quality);

/// PNG, 8 bits a sample. Throws Error kInvalidArgument for an empty image.
std::vector<std::byte> encode_png(const ImageView& image);

}  // namespace mien::vision
