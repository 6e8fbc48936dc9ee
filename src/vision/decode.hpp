#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "mien/image.hpp"

namespace mien::vision {

/// Image types that decode_image reads. The first bytes of a file decide, never its extension.
enum class ImageType { kJpeg, kPng, kWebp, kTiff, kBmp, kPnm };

/// "JPEG", "PNG", "WebP", "TIFF", "BMP", "PNM".
std::string_view to_string(ImageType type);

/// Bounds on the cost of a file, checked before pixels are decoded. Decoding takes at most 4 bytes
/// of memory per allowed pixel and 16 MB (500 MB by default), besides the file itself
/// and a second copy of an image whose orientation is not upright. Some kinds
/// therefore have a lower limit on pixels: lossless or transparent WebP, interlaced transparent
/// PNG, TIFF in one strip, progressive JPEG.
struct DecodeLimits {
  std::int64_t max_pixels = 120'000'000;         ///< width * height as decoded (see decode_photo)
  std::int64_t max_source_pixels = 250'000'000;  ///< as stored; bounds the time of a scaled JPEG
  int max_side = 20'000;                         ///< pixels, as decoded
  std::size_t max_file_bytes = std::size_t{256} << 20;
};

struct ImageInfo {
  ImageType type = ImageType::kJpeg;
  int width = 0;  ///< as stored, after the orientation tag is applied
  int height = 0;
};

/// An image that may have been decoded at half its size.
struct ScaledImage {
  Image image;
  int original_width = 0;  ///< after the orientation tag is applied, like `image`
  int original_height = 0;

  /// Original pixels per pixel of `image`.
  float scale_x() const {
    return static_cast<float>(original_width) / static_cast<float>(image.width());
  }
  float scale_y() const {
    return static_cast<float>(original_height) / static_cast<float>(image.height());
  }
};

/// JPEG photos with at least this longer side are decoded at half their size: a face of 60 pixels,
/// the smallest that detectors search for in such photos, then has 30, enough to be found and
/// classified.
inline constexpr int kHalfSizeSide = 2400;

/// Decodes JPEG (gray, YCbCr, CMYK, YCCK), PNG, WebP, TIFF, BMP, PGM and PPM at full size. The
/// result is kGray8 for files that store gray and kRgb8 for all others. 16-bit samples are reduced
/// to 8 bits. Transparent images are composited on white, unless every pixel is fully transparent:
/// then the colors are shown. The orientation in EXIF, XMP or TIFF tags is applied. Of several
/// pages the first is read. `name` stands for the file in messages. Throws Error kBadFormat
/// (damaged, truncated, empty, or not an image), kUnsupported (a variant or type that cannot be
/// read: HEIC, RAW, GIF, …), kTooLarge (over a limit, or out of memory). Thread safe.
Image decode_image(std::span<const std::byte> bytes, const std::string& name,
                   const DecodeLimits& limits = {});

/// The same for face detection: JPEGs of kHalfSizeSide or more are decoded at half their size,
/// which takes a quarter of the memory and half of the time. All commands decode photos with this
/// function, so that a photo has the same faces everywhere.
ScaledImage decode_photo(std::span<const std::byte> bytes, const std::string& name,
                         const DecodeLimits& limits = {});

/// Type and size from the header alone; the limits are those of decode_photo. Throws as
/// decode_image does, except for damage behind the header.
ImageInfo read_image_info(std::span<const std::byte> bytes, const std::string& name,
                          const DecodeLimits& limits = {});

/// read_file and decode_image or decode_photo. Throws also Error kNotFound and kIo.
Image load_image(const std::filesystem::path& path, const DecodeLimits& limits = {});
ScaledImage load_photo(const std::filesystem::path& path, const DecodeLimits& limits = {});

}  // namespace mien::vision
