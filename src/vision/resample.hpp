#pragma once

#include "mien/face.hpp"
#include "mien/image.hpp"

namespace mien::vision {

/// The pixels of `region` as a width x height image: a separable triangle filter, one source pixel
/// wide when enlarging (bilinear) and one target pixel wide when shrinking (antialiased). Region
/// edges may be fractional; outside the image its edge pixels repeat. A region of whole pixels at
/// its own size comes back bit for bit. `format`: the image's own, or kGray8 (as to_gray does).
/// `region` must be finite, and its sides positive.
Image resample(const ImageView& image, const Box& region, int width, int height,
               PixelFormat format);

/// One row of RGB to gray, as to_gray does.
void gray_row(const std::uint8_t* rgb, std::uint8_t* gray, int width);

}  // namespace mien::vision
