#include <algorithm>
#include <array>
#include <bit>

#include "base/file.hpp"
#include "vision/codecs.hpp"

namespace mien::vision::codec {
namespace {

/// Uncompressed BMP of 1, 4, 8 (palette), 16, 24 and 32 bits, with or without bit fields. Alpha is
/// ignored, as by viewers.
class BmpReader : public Reader {
 public:
  explicit BmpReader(const Source& source) : source_(source) {
    const std::size_t size = number(14, 4);
    if (size != 12 && (size < 40 || size > 124))
      source_.fail(ErrorCode::kBadFormat, "BMP: unknown header size");
    const bool core = size == 12;  // OS/2
    width_ = static_cast<std::int32_t>(core ? number(18, 2) : number(18, 4));
    const std::int32_t height = static_cast<std::int32_t>(core ? number(20, 2) : number(22, 4));
    top_down_ = height < 0;
    height_ =
        top_down_ ? static_cast<std::int32_t>(0u - static_cast<std::uint32_t>(height)) : height;
    bits_ = core ? number(24, 2) : number(28, 2);
    const std::uint32_t compression = core ? 0 : number(30, 4);
    if (compression != kUncompressed && compression != kBitFields) {
      source_.fail(ErrorCode::kUnsupported,
                   base::format("unsupported: BMP with compression type %u", compression));
    }
    if (bits_ <= 8) {
      if (bits_ != 1 && bits_ != 4 && bits_ != 8)
        source_.fail(ErrorCode::kBadFormat,
                     base::format("BMP: %u bits per pixel; must be 1, 4, 8, 16, 24 or 32", bits_));
      read_palette(14 + size, core ? 3 : 4, core ? 0 : number(46, 4));
    } else if (bits_ == 16 || bits_ == 24 || bits_ == 32) {
      if (compression == kBitFields && bits_ != 24)
        masks_ = {number(54, 4), number(58, 4), number(62, 4)};
      else if (bits_ == 16)
        masks_ = {0x7C00, 0x03E0, 0x001F};
    } else {
      source_.fail(ErrorCode::kBadFormat,
                   base::format("BMP: %u bits per pixel; must be 1, 4, 8, 16, 24 or 32", bits_));
    }
  }

  Header header() const override { return {width_, height_}; }

  Image decode() override {
    const std::size_t start = number(10, 4);
    const std::size_t stride = (static_cast<std::size_t>(width_) * bits_ + 31) / 32 * 4;
    if (start > source_.bytes.size() || stride * height_ > source_.bytes.size() - start)
      truncated();
    Image image(width_, height_, gray_ ? PixelFormat::kGray8 : PixelFormat::kRgb8);
    for (int y = 0; y < height_; ++y) {
      const std::size_t row = start + stride * (top_down_ ? y : height_ - 1 - y);
      std::uint8_t* out = image.row(y);
      for (int x = 0; x < width_; ++x, out += image.channels()) {
        const std::array<std::uint8_t, 3> color =
            bits_ <= 8 ? palette_[index(row, x)] : direct(row, x);
        std::copy_n(color.begin(), image.channels(), out);
      }
    }
    return image;
  }

 private:
  using Color = std::array<std::uint8_t, 3>;  // red first
  static constexpr std::uint32_t kUncompressed = 0, kBitFields = 3;

  [[noreturn]] void truncated() const {
    source_.fail(ErrorCode::kBadFormat, "the BMP is truncated");
  }

  std::uint32_t number(std::size_t offset, std::size_t size) const {
    if (offset > source_.bytes.size() || size > source_.bytes.size() - offset) truncated();
    std::uint32_t value = 0;
    for (std::size_t i = size; i-- > 0;) value = value << 8 | source_.data()[offset + i];
    return value;
  }

  void read_palette(std::size_t offset, std::size_t entry_size, std::uint32_t used) {
    const std::uint32_t max_count = 1u << bits_;
    const std::uint32_t count = used == 0 ? max_count : std::min(used, max_count);
    gray_ = true;
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::uint32_t bgr = number(offset + i * entry_size, 3);
      const Color color = {static_cast<std::uint8_t>(bgr >> 16),
                           static_cast<std::uint8_t>(bgr >> 8), static_cast<std::uint8_t>(bgr)};
      palette_[i] = color;
      gray_ = gray_ && color[0] == color[1] && color[1] == color[2];
    }
  }

  std::size_t index(std::size_t row, int x) const {
    const std::size_t bit = static_cast<std::size_t>(x) * bits_;
    const unsigned shift = static_cast<unsigned>(8 - bits_ - bit % 8);
    return source_.data()[row + bit / 8] >> shift & ((1u << bits_) - 1);
  }

  Color direct(std::size_t row, int x) const {
    const std::uint32_t value = number(row + static_cast<std::size_t>(x) * (bits_ / 8), bits_ / 8);
    Color color{};
    for (std::size_t c = 0; c < 3; ++c) {
      if (masks_[c] == 0) continue;
      const int shift = std::countr_zero(masks_[c]);
      const std::uint64_t max = masks_[c] >> shift;
      color[c] = static_cast<std::uint8_t>(
          (std::uint64_t{(value & masks_[c]) >> shift} * 255 + max / 2) / max);
    }
    return color;
  }

  const Source& source_;
  std::int32_t width_ = 0;
  std::int32_t height_ = 0;
  bool top_down_ = false;
  bool gray_ = false;
  std::uint32_t bits_ = 0;
  std::array<std::uint32_t, 3> masks_ = {0xFF0000, 0x00FF00, 0x0000FF};
  std::array<Color, 256> palette_{};
};

}  // namespace

std::unique_ptr<Reader> open_bmp(const Source& source) {
  return std::make_unique<BmpReader>(source);
}

}  // namespace mien::vision::codec
