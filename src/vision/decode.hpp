#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "mien/image.hpp"

namespace mien::vision {

/// The image files that decode_image reads; told apart by their first bytes, never by the
/// extension.
enum class ImageType { kJpeg, kPng, kWebp, kTiff, kBmp, kPnm };

/// "JPEG", "PNG", "WebP", "TIFF", "BMP", "PNM".
std::string_view to_string(ImageType type);

/// What a file may cost. Sizes are checked by the header, before any pixel is decoded.
struct DecodeLimits {
  std::int64_t max_pixels = 120'000'000;  ///< width * height
  int max_side = 20'000;                  ///< pixels
  std::size_t max_file_bytes = std::size_t{256} << 20;
};

struct ImageInfo {
  ImageType type = ImageType::kJpeg;
  int width = 0;  ///< as seen by a viewer: after the orientation tag
  int height = 0;
};

/// Pixels of the longer side that are enough to read faces of a 25th of it, what face detectors
/// look for by default: such a face then has as many pixels as an emotion network sees.
inline constexpr int kEnoughPixels = 1200;

/// An image that may have been decoded smaller than it is.
struct ScaledImage {
  Image image;
  int original_width = 0;  ///< after the orientation tag, like `image`
  int original_height = 0;
};

/// Decodes JPEG (gray, YCbCr, CMYK, YCCK), PNG, WebP, TIFF, BMP, PGM and PPM. The result is kGray8
/// for files that store gray and kRgb8 for all others; 16-bit samples are reduced to 8,
/// transparency lies on white, and the EXIF or TIFF orientation is applied. Of several pages the
/// first is read. `name` stands for the file in messages. Throws Error kBadFormat (damaged,
/// truncated, empty, or another kind of file: the message says which), kUnsupported (a variant that
/// is not read, HEIC, GIF, …), kTooLarge. Thread safe.
Image decode_image(std::span<const std::byte> bytes, const std::string& name,
                   const DecodeLimits& limits = {});

/// The same, but a JPEG may come at 1/2, 1/4 or 1/8 of its size, as long as its longer side keeps
/// at least `min_side` pixels: much faster for big photos. Other types come in full.
ScaledImage decode_image_scaled(std::span<const std::byte> bytes, const std::string& name,
                                int min_side, const DecodeLimits& limits = {});

/// Type and size by the header alone. Throws as decode_image does, except for damage behind the
/// header.
ImageInfo read_image_info(std::span<const std::byte> bytes, const std::string& name,
                          const DecodeLimits& limits = {});

/// read_file and decode_image. Throws also Error kNotFound and kIo.
Image load_image(const std::filesystem::path& path, const DecodeLimits& limits = {});

}  // namespace mien::vision
