#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "mien/error.hpp"
#include "mien/image.hpp"
#include "vision/decode.hpp"

/// Shared by the decode_*.cpp files; not for other modules.
namespace mien::vision::codec {

struct Source {
  std::span<const std::byte> bytes;
  const std::string& name;
  const DecodeLimits& limits;
  int min_side = 0;  ///< see decode_image_scaled; 0: full size

  const std::uint8_t* data() const { return reinterpret_cast<const std::uint8_t*>(bytes.data()); }
  [[noreturn]] void fail(ErrorCode code, std::string_view what) const;
};

/// As stored: before the orientation is applied.
struct Header {
  int width = 0;
  int height = 0;
  int orientation = 1;  ///< EXIF, 1..8
};

/// Each pair reads the header, and all pixels as stored. A decoder is called only after the header
/// was within the limits.
Header read_jpeg_header(const Source& source);
Image decode_jpeg(const Source& source);
Header read_png_header(const Source& source);
Image decode_png(const Source& source);
Header read_webp_header(const Source& source);
Image decode_webp(const Source& source);
Header read_tiff_header(const Source& source);
Image decode_tiff(const Source& source);
Header read_bmp_header(const Source& source);
Image decode_bmp(const Source& source);
Header read_pnm_header(const Source& source);
Image decode_pnm(const Source& source);

/// An image of `channels` = 2 (gray, alpha) or 4 (RGB, alpha) interleaved bytes, composited on
/// white.
Image flatten_on_white(const std::uint8_t* pixels, int width, int height, int channels);

}  // namespace mien::vision::codec
