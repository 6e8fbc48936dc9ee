#include "vision/decode.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/file.hpp"
#include "mien/error.hpp"
#include "vision/codecs.hpp"
#include "vision/exif_orientation.hpp"

namespace mien::vision {
namespace {

constexpr const char* kAccepted = "accepted are JPEG, PNG, WebP, TIFF, BMP, PGM and PPM";

struct Codec {
  ImageType type;
  codec::Header (*read_header)(const codec::Source&);
  Image (*decode)(const codec::Source&);
};

constexpr std::array<Codec, 6> kCodecs = {{
    {ImageType::kJpeg, codec::read_jpeg_header, codec::decode_jpeg},
    {ImageType::kPng, codec::read_png_header, codec::decode_png},
    {ImageType::kWebp, codec::read_webp_header, codec::decode_webp},
    {ImageType::kTiff, codec::read_tiff_header, codec::decode_tiff},
    {ImageType::kBmp, codec::read_bmp_header, codec::decode_bmp},
    {ImageType::kPnm, codec::read_pnm_header, codec::decode_pnm},
}};

/// Bytes that some kind of file has at `offset`.
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

constexpr std::array<std::pair<Magic, const char*>, 20> kForeign = {{
    {{0, "GIF8"sv}, "a GIF image"},
    {{4, "ftypheic"sv}, "a HEIC image"},
    {{4, "ftypheix"sv}, "a HEIC image"},
    {{4, "ftyphevc"sv}, "a HEIC image"},
    {{4, "ftypmif1"sv}, "a HEIF image"},
    {{4, "ftypmsf1"sv}, "a HEIF image"},
    {{4, "ftypavif"sv}, "an AVIF image"},
    {{4, "ftypavis"sv}, "an AVIF image"},
    {{4, "ftyp"sv}, "an MP4 or QuickTime video"},
    {{0, "\x1A\x45\xDF\xA3"sv}, "a Matroska or WebM video"},
    {{0, "\xFF\x0A"sv}, "a JPEG XL image"},
    {{4, "JXL "sv}, "a JPEG XL image"},
    {{4, "jP  "sv}, "a JPEG 2000 image"},
    {{0, "%PDF"sv}, "a PDF document"},
    {{0, "8BPS"sv}, "a Photoshop document"},
    {{0, "PK\x03\x04"sv}, "a ZIP archive"},
    {{0, "<svg"sv}, "an SVG drawing"},
    {{0, "P1"sv}, "an ASCII PBM image"},
    {{0, "P4"sv}, "a PBM image"},
    {{0, "P7"sv}, "a PAM image"},
}};

bool looks_like_text(std::string_view file) {
  return std::ranges::all_of(file.substr(0, 256), [](char c) {
    const unsigned char byte = static_cast<unsigned char>(c);
    return byte >= 0x20 ? byte != 0x7F
                        : byte == '\t' || byte == '\n' || byte == '\r' || byte == '\f';
  });
}

const Codec& find_codec(const codec::Source& source) {
  const std::string_view file(reinterpret_cast<const char*>(source.bytes.data()),
                              source.bytes.size());
  if (file.empty())
    source.fail(ErrorCode::kBadFormat, base::format("the file is empty; %s", kAccepted));
  if (file.size() > source.limits.max_file_bytes) {
    source.fail(ErrorCode::kTooLarge, base::format("%zu bytes are over the limit of %zu",
                                                   file.size(), source.limits.max_file_bytes));
  }
  for (const auto& [magic, type] : kKnown) {
    if (magic.matches(file)) return *std::ranges::find(kCodecs, type, &Codec::type);
  }
  for (const auto& [magic, what] : kForeign) {
    if (magic.matches(file)) {
      source.fail(ErrorCode::kUnsupported,
                  base::format("this is %s, which cannot be read; %s", what, kAccepted));
    }
  }
  const char* seems =
      looks_like_text(file) ? "it seems to be text" : "its first bytes fit no known type";
  source.fail(ErrorCode::kBadFormat,
              base::format("this is not an image: %s; %s", seems, kAccepted));
}

codec::Header read_header(const codec::Source& source, const Codec& codec) {
  const codec::Header header = codec.read_header(source);
  if (header.width <= 0 || header.height <= 0)
    source.fail(ErrorCode::kBadFormat, "the image has no pixels");
  const std::int64_t pixels = std::int64_t{header.width} * header.height;
  const DecodeLimits& limits = source.limits;
  if (std::max(header.width, header.height) > limits.max_side || pixels > limits.max_pixels) {
    source.fail(
        ErrorCode::kTooLarge,
        base::format("%d x %d pixels are over the limit of %d a side and %lld in all", header.width,
                     header.height, limits.max_side, static_cast<long long>(limits.max_pixels)));
  }
  return header;
}

}  // namespace

}  // namespace mien::vision

namespace mien::vision::codec {

void Source::fail(ErrorCode code, std::string_view what) const {
  throw Error(code, name + ": " + std::string(what));
}

Image flatten_on_white(const std::uint8_t* pixels, int width, int height, int channels) {
  const int colors = channels - 1;
  Image image(width, height, colors == 1 ? PixelFormat::kGray8 : PixelFormat::kRgb8);
  for (int y = 0; y < height; ++y) {
    std::uint8_t* out = image.row(y);
    for (int x = 0; x < width; ++x, pixels += channels, out += colors) {
      const int alpha = pixels[colors];
      for (int c = 0; c < colors; ++c) {
        out[c] = static_cast<std::uint8_t>((pixels[c] * alpha + 255 * (255 - alpha) + 127) / 255);
      }
    }
  }
  return image;
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

ScaledImage decode_image_scaled(std::span<const std::byte> bytes, const std::string& name,
                                int min_side, const DecodeLimits& limits) {
  const codec::Source source{bytes, name, limits, min_side};
  const Codec& codec = find_codec(source);
  const codec::Header header = read_header(source, codec);
  ScaledImage result{apply_orientation(codec.decode(source), header.orientation), header.width,
                     header.height};
  if (header.orientation >= 5) std::swap(result.original_width, result.original_height);
  return result;
}

Image decode_image(std::span<const std::byte> bytes, const std::string& name,
                   const DecodeLimits& limits) {
  return decode_image_scaled(bytes, name, 0, limits).image;
}

ImageInfo read_image_info(std::span<const std::byte> bytes, const std::string& name,
                          const DecodeLimits& limits) {
  const codec::Source source{bytes, name, limits};
  const Codec& codec = find_codec(source);
  const codec::Header header = read_header(source, codec);
  ImageInfo info{codec.type, header.width, header.height};
  if (header.orientation >= 5) std::swap(info.width, info.height);
  return info;
}

Image load_image(const std::filesystem::path& path, const DecodeLimits& limits) {
  return decode_image(base::read_file(path, limits.max_file_bytes), path.string(), limits);
}

}  // namespace mien::vision
