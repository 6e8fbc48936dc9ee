#include <webp/decode.h>

#include <cstring>
#include <optional>
#include <vector>

#include "vision/codecs.hpp"
#include "vision/orientation.hpp"

namespace mien::vision::codec {
namespace {

[[noreturn]] void fail(const Source& source, VP8StatusCode status) {
  switch (status) {
    case VP8_STATUS_NOT_ENOUGH_DATA:
    case VP8_STATUS_SUSPENDED:
      source.fail(ErrorCode::kBadFormat, "the WebP is truncated");
    case VP8_STATUS_OUT_OF_MEMORY:
      source.fail(ErrorCode::kTooLarge, "not enough memory for this WebP; reduce its size");
    case VP8_STATUS_UNSUPPORTED_FEATURE:
      source.fail(ErrorCode::kUnsupported, "unsupported: this variant of WebP; convert it to JPEG");
    default:
      source.fail(ErrorCode::kBadFormat, "the WebP is damaged");
  }
}

WebPBitstreamFeatures read_features(const Source& source) {
  WebPBitstreamFeatures features;
  const VP8StatusCode status = WebPGetFeatures(source.data(), source.bytes.size(), &features);
  if (status != VP8_STATUS_OK) fail(source, status);
  if (features.has_animation)
    source.fail(ErrorCode::kUnsupported, "unsupported: animated WebP; convert a frame to JPEG");
  return features;
}

/// From the EXIF or XMP chunk of the RIFF container; some writers start EXIF with JPEG's
/// "Exif\0\0".
int orientation(const Source& source) {
  constexpr std::size_t kRiffHead = 12, kChunkHead = 8;
  std::optional<int> from_xmp;
  std::size_t at = kRiffHead;
  while (at < source.bytes.size() && source.bytes.size() - at >= kChunkHead) {
    const std::uint8_t* head = source.data() + at;
    const std::size_t size =
        head[4] | head[5] << 8 | head[6] << 16 | static_cast<std::size_t>(head[7]) << 24;
    if (size > source.bytes.size() - at - kChunkHead) break;
    const auto content = source.bytes.subspan(at + kChunkHead, size);
    if (std::memcmp(head, "EXIF", 4) == 0) {
      const bool prefixed = size >= 6 && std::memcmp(content.data(), "Exif\0", 6) == 0;
      if (const auto value = exif_orientation(content.subspan(prefixed ? 6 : 0))) return *value;
    }
    if (std::memcmp(head, "XMP ", 4) == 0) from_xmp = xmp_orientation(content);
    at += kChunkHead + size + size % 2;
  }
  return from_xmp.value_or(1);
}

class WebpReader : public Reader {
 public:
  explicit WebpReader(const Source& source)
      : source_(source), features_(read_features(source)), orientation_(orientation(source)) {}

  Header header() const override { return {features_.width, features_.height, orientation_}; }

  Image decode() override {
    constexpr int kLossless = 2;  // libwebp then holds all pixels as 4 bytes
    const bool alpha = features_.has_alpha;
    const std::int64_t pixels = std::int64_t{features_.width} * features_.height;
    source_.require_memory(pixels * ((alpha ? 7 : 3) + (features_.format == kLossless ? 4 : 0)));
    WebPDecoderConfig config;
    if (!WebPInitDecoderConfig(&config))
      source_.fail(ErrorCode::kUnsupported, "libwebp has the wrong version");
    config.input = features_;
    Image image(features_.width, features_.height, PixelFormat::kRgb8);
    std::vector<std::uint8_t> rgba(alpha ? static_cast<std::size_t>(4 * pixels) : 0);
    const int channels = alpha ? 4 : 3;
    config.output.colorspace = alpha ? MODE_RGBA : MODE_RGB;
    config.output.is_external_memory = 1;
    config.output.u.RGBA.rgba = alpha ? rgba.data() : image.row(0);
    config.output.u.RGBA.stride = features_.width * channels;
    config.output.u.RGBA.size = static_cast<std::size_t>(pixels * channels);
    const VP8StatusCode status = WebPDecode(source_.data(), source_.bytes.size(), &config);
    WebPFreeDecBuffer(&config.output);
    if (status != VP8_STATUS_OK) fail(source_, status);
    if (alpha) {
      Compositor compositor(image);
      for (int y = 0; y < image.height(); ++y)
        compositor.add_row(rgba.data() + std::ptrdiff_t{4} * image.width() * y);
    }
    return image;
  }

 private:
  const Source& source_;
  WebPBitstreamFeatures features_;
  int orientation_;
};

}  // namespace

std::unique_ptr<Reader> open_webp(const Source& source) {
  return std::make_unique<WebpReader>(source);
}

}  // namespace mien::vision::codec
