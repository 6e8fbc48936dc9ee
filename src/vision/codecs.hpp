#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
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
  bool as_photo = false;  ///< decode_photo: JPEGs may be decoded at half their size

  const std::uint8_t* data() const { return reinterpret_cast<const std::uint8_t*>(bytes.data()); }
  [[noreturn]] void fail(ErrorCode code, std::string_view what) const;
  /// Bytes that a decoder may use: see DecodeLimits.
  std::int64_t memory_limit() const { return 4 * limits.max_pixels + (16 << 20); }
  /// Throws Error kTooLarge above memory_limit().
  void require_memory(std::int64_t decoder_bytes) const;
};

/// Before the orientation is applied.
struct Header {
  int width = 0;  ///< as stored
  int height = 0;
  int orientation = 1;  ///< EXIF, 1..8
  int denominator = 1;  ///< decode() returns 1/denominator of the size, rounded up
};

/// A file whose header has been read.
class Reader {
 public:
  virtual ~Reader() = default;
  virtual Header header() const = 0;
  /// All pixels as stored. Called once, after the header was checked against the limits.
  virtual Image decode() = 0;
};

/// `source` must outlive the reader.
std::unique_ptr<Reader> open_jpeg(const Source& source);
std::unique_ptr<Reader> open_png(const Source& source);
std::unique_ptr<Reader> open_webp(const Source& source);
std::unique_ptr<Reader> open_tiff(const Source& source);
std::unique_ptr<Reader> open_bmp(const Source& source);
std::unique_ptr<Reader> open_pnm(const Source& source);

/// Composites rows of gray-alpha (2 channels) or RGBA (4) on white, from the top. While all alpha
/// is 0, the colors are kept, so that an image that is transparent everywhere shows them.
class Compositor {
 public:
  Compositor(Image& image) : image_(image) {}
  void add_row(const std::uint8_t* pixels);
  /// The same of colors that are already multiplied by alpha.
  void add_premultiplied_row(const std::uint8_t* pixels);

 private:
  Image& image_;
  int y_ = 0;
  bool visible_ = false;  ///< a pixel so far has alpha
};

}  // namespace mien::vision::codec
