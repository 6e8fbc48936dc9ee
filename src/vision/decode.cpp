#include "vision/decode.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <new>
#include <stdexcept>
#include <utility>

#include "base/file.hpp"
#include "mien/error.hpp"
#include "vision/codecs.hpp"
#include "vision/orientation.hpp"
#include "vision/raw_photo.hpp"

namespace mien::vision {
namespace {

constexpr const char* kAccepted = "accepted are JPEG, PNG, WebP, TIFF, BMP, PGM and PPM";

using Open = std::unique_ptr<codec::Reader> (*)(const codec::Source&);

Open opener(ImageType type) {
  switch (type) {
    case ImageType::kJpeg:
      return codec::open_jpeg;
    case ImageType::kPng:
      return codec::open_png;
    case ImageType::kWebp:
      return codec::open_webp;
    case ImageType::kTiff:
      return codec::open_tiff;
    case ImageType::kBmp:
      return codec::open_bmp;
    case ImageType::kPnm:
      break;
  }
  return codec::open_pnm;
}

/// Bytes that a file type has at `offset`.
struct Magic {
  std::size_t offset;
  std::string_view bytes;

  bool matches(std::string_view file) const {
    return file.size() >= offset + bytes.size() && file.substr(offset, bytes.size()) == bytes;
  }
};

using namespace std::string_view_literals;

constexpr std::array<std::pair<Magic, ImageType>, 13> kKnown = {{
    {{0, "\xFF\xD8\xFF"sv}, ImageType::kJpeg},
    {{0, "\x89PNG\r\n\x1A\n"sv}, ImageType::kPng},
    {{8, "WEBP"sv}, ImageType::kWebp},
    {{0, "II*\0"sv}, ImageType::kTiff},
    {{0, "MM\0*"sv}, ImageType::kTiff},
    {{0, "II+\0"sv}, ImageType::kTiff},
    {{0, "MM\0+"sv}, ImageType::kTiff},
    {{0, "BM"sv}, ImageType::kBmp},
    {{0, "P2"sv}, ImageType::kPnm},
    {{0, "P3"sv}, ImageType::kPnm},
    {{0, "P5"sv}, ImageType::kPnm},
    {{0, "P6"sv}, ImageType::kPnm},
    {{0, "\xFF\xD8"sv}, ImageType::kJpeg},
}};

constexpr std::array<std::pair<Magic, const char*>, 25> kForeign = {{
    {{0, "GIF8"sv}, "GIF"},
    {{4, "ftypheic"sv}, "HEIC"},
    {{4, "ftypheix"sv}, "HEIC"},
    {{4, "ftypheim"sv}, "HEIC"},
    {{4, "ftypheis"sv}, "HEIC"},
    {{4, "ftyphevc"sv}, "HEIC"},
    {{4, "ftyphevx"sv}, "HEIC"},
    {{4, "ftypmif1"sv}, "HEIF"},
    {{4, "ftypmsf1"sv}, "HEIF"},
    {{4, "ftypavif"sv}, "AVIF"},
    {{4, "ftypavis"sv}, "AVIF"},
    {{0, "\xFF\x0A"sv}, "JPEG XL"},
    {{4, "JXL "sv}, "JPEG XL"},
    {{4, "jP  "sv}, "JPEG 2000"},
    {{0, "\xFF\x4F\xFF\x51"sv}, "JPEG 2000"},
    {{0, "8BPS"sv}, "Photoshop"},
    {{0, "<svg"sv}, "SVG"},
    {{0, "P1"sv}, "ASCII PBM"},
    {{0, "P4"sv}, "PBM"},
    {{0, "P7"sv}, "PAM"},
    {{0, "\0\0\1\0"sv}, "ICO"},
    {{4, "ftyp"sv}, "MP4 or QuickTime video"},
    {{0, "\x1A\x45\xDF\xA3"sv}, "Matroska or WebM video"},
    {{0, "%PDF"sv}, "PDF"},
    {{0, "PK\x03\x04"sv}, "ZIP archive"},
}};

bool looks_like_text(std::string_view file) {
  return std::ranges::all_of(file.substr(0, 256), [](char c) {
    const unsigned char byte = static_cast<unsigned char>(c);
    return byte >= 0x20 ? byte != 0x7F
                        : byte == '\t' || byte == '\n' || byte == '\r' || byte == '\f';
  });
}

ImageType find_type(const codec::Source& source) {
  const std::string_view file(reinterpret_cast<const char*>(source.bytes.data()),
                              source.bytes.size());
  if (file.empty())
    source.fail(ErrorCode::kBadFormat, base::format("the file is empty; %s", kAccepted));
  if (file.size() > source.limits.max_file_bytes) {
    source.fail(ErrorCode::kTooLarge, base::format("the file has %zu bytes; the limit is %zu",
                                                   file.size(), source.limits.max_file_bytes));
  }
  if (const auto raw = raw_photo_kind(source.bytes)) {
    source.fail(ErrorCode::kUnsupported,
                "unsupported: " + std::string(*raw) + " photo; convert it to JPEG");
  }
  for (const auto& [magic, type] : kKnown) {
    if (magic.matches(file)) return type;
  }
  for (const auto& [magic, what] : kForeign) {
    if (magic.matches(file)) {
      source.fail(ErrorCode::kUnsupported,
                  base::format("unsupported: %s; convert it to JPEG (%s)", what, kAccepted));
    }
  }
  const char* reason = looks_like_text(file) ? "it seems to be text" : "unknown file type";
  source.fail(ErrorCode::kBadFormat, base::format("not an image: %s; %s", reason, kAccepted));
}

/// Small files of this many pixels may be as repetitive as they like.
constexpr std::int64_t kSmallImage = 16'000'000;
/// No photo is compressed so far: JPEG at its lowest quality needs a byte per 60 pixels.
constexpr std::int64_t kMaxPixelsPerByte = 2000;

codec::Header check_header(const codec::Source& source, const codec::Reader& reader) {
  const codec::Header header = reader.header();
  if (header.width <= 0 || header.height <= 0)
    source.fail(ErrorCode::kBadFormat, "the image has no pixels");
  const DecodeLimits& limits = source.limits;
  const std::int64_t stored = std::int64_t{header.width} * header.height;
  const std::int64_t width = (header.width + header.denominator - 1) / header.denominator,
                     height = (header.height + header.denominator - 1) / header.denominator;
  if (std::max(width, height) > limits.max_side || width * height > limits.max_pixels ||
      stored > limits.max_source_pixels) {
    source.fail(ErrorCode::kTooLarge,
                base::format("the image has %d x %d pixels; the limit is %d per side and %lld in "
                             "total; reduce its size",
                             header.width, header.height, limits.max_side * header.denominator,
                             static_cast<long long>(std::min(
                                 limits.max_source_pixels,
                                 limits.max_pixels * header.denominator * header.denominator))));
  }
  if (stored > kSmallImage &&
      stored / kMaxPixelsPerByte > static_cast<std::int64_t>(source.bytes.size())) {
    source.fail(ErrorCode::kTooLarge,
                base::format("%d x %d pixels in %zu bytes; this is not a photo", header.width,
                             header.height, source.bytes.size()));
  }
  return header;
}

/// Runs `decode`; failed allocations are reported as kTooLarge.
template <class Decode>
auto report_memory(const codec::Source& source, Decode decode) {
  try {
    return decode();
  } catch (const std::bad_alloc&) {
  } catch (const std::length_error&) {
  }
  source.fail(ErrorCode::kTooLarge, "not enough memory for this image; reduce its size");
}

ScaledImage decode(const codec::Source& source) {
  return report_memory(source, [&] {
    const std::unique_ptr<codec::Reader> reader = opener(find_type(source))(source);
    const codec::Header header = check_header(source, *reader);
    ScaledImage result{apply_orientation(reader->decode(), header.orientation), header.width,
                       header.height};
    if (header.orientation >= 5) std::swap(result.original_width, result.original_height);
    return result;
  });
}

}  // namespace

}  // namespace mien::vision

namespace mien::vision::codec {

void Source::fail(ErrorCode code, std::string_view what) const {
  throw Error(code, name + ": " + std::string(what));
}

void Source::require_memory(std::int64_t decoder_bytes) const {
  const std::int64_t limit = memory_limit();
  if (decoder_bytes <= limit) return;
  fail(ErrorCode::kTooLarge, base::format("decoding needs %lld MB; the limit is %lld MB",
                                          static_cast<long long>(decoder_bytes / 1'000'000),
                                          static_cast<long long>(limit / 1'000'000)));
}

void Compositor::add_row(const std::uint8_t* pixels) {
  const int colors = image_.channels();
  std::uint8_t* out = image_.row(y_++);
  for (int x = 0; x < image_.width(); ++x, pixels += colors + 1, out += colors) {
    const int alpha = pixels[colors];
    if (alpha != 0 && !visible_) {
      visible_ = true;
      std::fill(image_.row(0), out, std::uint8_t{255});
    }
    for (int c = 0; c < colors; ++c) {
      out[c] =
          visible_
              ? static_cast<std::uint8_t>((pixels[c] * alpha + 255 * (255 - alpha) + 127) / 255)
              : pixels[c];
    }
  }
}

void Compositor::add_premultiplied_row(const std::uint8_t* pixels) {
  const int colors = image_.channels();
  std::uint8_t* out = image_.row(y_++);
  for (int x = 0; x < image_.width(); ++x, pixels += colors + 1, out += colors) {
    for (int c = 0; c < colors; ++c)
      out[c] = static_cast<std::uint8_t>(std::min(pixels[c] + 255 - pixels[colors], 255));
  }
}

}  // namespace mien::vision::codec

namespace mien::vision {

std::string_view to_string(ImageType type) {
  switch (type) {
    case ImageType::kJpeg:
      return "JPEG";
    case ImageType::kPng:
      return "PNG";
    case ImageType::kWebp:
      return "WebP";
    case ImageType::kTiff:
      return "TIFF";
    case ImageType::kBmp:
      return "BMP";
    case ImageType::kPnm:
      return "PNM";
  }
  return "";
}

Image decode_image(std::span<const std::byte> bytes, const std::string& name,
                   const DecodeLimits& limits) {
  return decode({bytes, name, limits}).image;
}

ScaledImage decode_photo(std::span<const std::byte> bytes, const std::string& name,
                         const DecodeLimits& limits) {
  return decode({bytes, name, limits, true});
}

ImageInfo read_image_info(std::span<const std::byte> bytes, const std::string& name,
                          const DecodeLimits& limits) {
  const codec::Source source{bytes, name, limits, true};
  return report_memory(source, [&] {
    const ImageType type = find_type(source);
    const codec::Header header = check_header(source, *opener(type)(source));
    ImageInfo info{type, header.width, header.height};
    if (header.orientation >= 5) std::swap(info.width, info.height);
    return info;
  });
}

Image load_image(const std::filesystem::path& path, const DecodeLimits& limits) {
  return decode_image(base::read_file(path, limits.max_file_bytes), path.string(), limits);
}

ScaledImage load_photo(const std::filesystem::path& path, const DecodeLimits& limits) {
  return decode_photo(base::read_file(path, limits.max_file_bytes), path.string(), limits);
}

}  // namespace mien::vision
