#include <webp/decode.h>

#include <cstring>
#include <vector>

#include "vision/codecs.hpp"
#include "vision/exif_orientation.hpp"

namespace mien::vision::codec {
namespace {

[[noreturn]] void fail(const Source& source, VP8StatusCode status) {
  switch (status) {
    case VP8_STATUS_NOT_ENOUGH_DATA:
    case VP8_STATUS_SUSPENDED:
      source.fail(ErrorCode::kBadFormat, "the WebP is truncated");
    case VP8_STATUS_OUT_OF_MEMORY:
      source.fail(ErrorCode::kTooLarge, "not enough memory for this WebP");
    case VP8_STATUS_UNSUPPORTED_FEATURE:
      source.fail(ErrorCode::kUnsupported, "this kind of WebP cannot be read");
    default:
      source.fail(ErrorCode::kBadFormat, "the WebP is damaged");
  }
}

WebPBitstreamFeatures read_features(const Source& source) {
  WebPBitstreamFeatures features;
  const VP8StatusCode status = WebPGetFeatures(source.data(), source.bytes.size(), &features);
  if (status != VP8_STATUS_OK) fail(source, status);
  if (features.has_animation) source.fail(ErrorCode::kUnsupported, "animated WebP cannot be read");
  return features;
}

/// Looks for the EXIF chunk of the RIFF container; some writers start its content with JPEG's
/// "Exif\0\0".
int orientation(const Source& source) {
  constexpr std::size_t kRiffHead = 12, kChunkHead = 8;
  std::size_t at = kRiffHead;
  while (at < source.bytes.size() && source.bytes.size() - at >= kChunkHead) {
    const std::uint8_t* head = source.data() + at;
    const std::size_t size =
        head[4] | head[5] << 8 | head[6] << 16 | static_cast<std::size_t>(head[7]) << 24;
    if (size > source.bytes.size() - at - kChunkHead) break;
    if (std::memcmp(head, "EXIF", 4) == 0) {
      const bool prefixed = size >= 6 && std::memcmp(head + kChunkHead, "Exif\0", 6) == 0;
      return exif_orientation(
          source.bytes.subspan(at + kChunkHead, size).subspan(prefixed ? 6 : 0));
    }
    at += kChunkHead + size + size % 2;
  }
  return 1;
}

}  // namespace

Header read_webp_header(const Source& source) {
  const WebPBitstreamFeatures features = read_features(source);
  return {features.width, features.height, orientation(source)};
}

Image decode_webp(const Source& source) {
  WebPDecoderConfig config;
  if (!WebPInitDecoderConfig(&config))
    source.fail(ErrorCode::kUnsupported, "libwebp has the wrong version");
  config.input = read_features(source);
  const int width = config.input.width;
  const int height = config.input.height;
  const int channels = config.input.has_alpha ? 4 : 3;
  Image image(config.input.has_alpha ? 0 : width, config.input.has_alpha ? 0 : height,
              PixelFormat::kRgb8);
  std::vector<std::uint8_t> rgba(config.input.has_alpha ? std::size_t{4} * width * height : 0);
  config.output.colorspace = config.input.has_alpha ? MODE_RGBA : MODE_RGB;
  config.output.is_external_memory = 1;
  config.output.u.RGBA.rgba = config.input.has_alpha ? rgba.data() : image.row(0);
  config.output.u.RGBA.stride = width * channels;
  config.output.u.RGBA.size = static_cast<std::size_t>(width) * channels * height;
  const VP8StatusCode status = WebPDecode(source.data(), source.bytes.size(), &config);
  WebPFreeDecBuffer(&config.output);
  if (status != VP8_STATUS_OK) fail(source, status);
  if (config.input.has_alpha) return flatten_on_white(rgba.data(), width, height, 4);
  return image;
}

}  // namespace mien::vision::codec
