#include <algorithm>

#include "base/file.hpp"
#include "vision/codecs.hpp"

namespace mien::vision::codec {
namespace {

/// PGM and PPM, ASCII (P2, P3) and binary (P5, P6), 8 and 16 bit (big endian):
/// https://netpbm.sourceforge.net/doc/pgm.html
class PnmReader : public Reader {
 public:
  explicit PnmReader(const Source& source) : source_(source) {
    const char kind = static_cast<char>(next());
    ascii_ = kind == '2' || kind == '3';
    channels_ = kind == '3' || kind == '6' ? 3 : 1;
    width_ = number();
    height_ = number();
    max_ = number();
    if (max_ < 1 || max_ > 65535)
      source_.fail(ErrorCode::kBadFormat,
                   base::format("PNM: maximum value is %d; must be between 1 and 65535", max_));
    if (!ascii_) next();  // one white space before the samples
  }

  Header header() const override { return {width_, height_}; }

  Image decode() override {
    const std::size_t samples = static_cast<std::size_t>(width_) * height_ * channels_;
    const std::size_t min_bytes = ascii_ ? 2 * samples - 1 : max_ > 255 ? 2 * samples : samples;
    if (source_.bytes.size() - position_ < min_bytes) truncated();
    Image image(width_, height_, channels_ == 1 ? PixelFormat::kGray8 : PixelFormat::kRgb8);
    std::uint8_t* out = image.row(0);
    for (std::size_t i = 0; i < samples; ++i) {
      const int value = std::min(ascii_ ? number() : binary(), max_);
      out[i] = static_cast<std::uint8_t>((value * 255 + max_ / 2) / max_);
    }
    return image;
  }

 private:
  [[noreturn]] void truncated() const {
    source_.fail(ErrorCode::kBadFormat, "the PNM is truncated");
  }

  int next() {
    if (position_ >= source_.bytes.size()) truncated();
    return source_.data()[position_++];
  }

  int binary() {
    const int high = max_ > 255 ? next() : 0;
    return high << 8 | next();
  }

  static bool is_space(int c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

  /// The next number after white space and comments; the file may end with its last digit.
  int number() {
    int c = next();
    while (is_space(c) || c == '#') {
      if (c == '#') {
        while (c != '\n' && c != '\r') c = next();
      }
      c = next();
    }
    int value = 0;
    for (;; c = source_.data()[position_++]) {
      if (c < '0' || c > '9') source_.fail(ErrorCode::kBadFormat, "PNM: a number is missing");
      value = value * 10 + (c - '0');
      if (value > 1'000'000) source_.fail(ErrorCode::kTooLarge, "PNM: a number is too large");
      if (position_ >= source_.bytes.size()) return value;
      const int following = source_.data()[position_];
      if (is_space(following) || following == '#') return value;
    }
  }

  const Source& source_;
  std::size_t position_ = 1;  ///< after the P
  bool ascii_ = false;
  int channels_ = 1;
  int width_ = 0;
  int height_ = 0;
  int max_ = 255;
};

}  // namespace

std::unique_ptr<Reader> open_pnm(const Source& source) {
  return std::make_unique<PnmReader>(source);
}

}  // namespace mien::vision::codec
