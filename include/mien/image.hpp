#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace mien {

enum class PixelFormat {
  kGray8,  ///< one byte a pixel
  kRgb8,   ///< three bytes a pixel, red first
};

constexpr int channels(PixelFormat format) { return format == PixelFormat::kGray8 ? 1 : 3; }

/// Pixels owned by the caller: rows from the top, `stride` bytes apart (at least width *
/// channels).
struct ImageView {
  const std::uint8_t* data = nullptr;
  int width = 0;
  int height = 0;
  std::ptrdiff_t stride = 0;
  PixelFormat format = PixelFormat::kRgb8;

  const std::uint8_t* row(int y) const { return data + y * stride; }
  bool empty() const { return width <= 0 || height <= 0; }
};

/// An image that owns its pixels; rows are packed (stride = width * channels).
class Image {
 public:
  Image() = default;
  Image(int width, int height, PixelFormat format)
      : width_(width),
        height_(height),
        format_(format),
        pixels_(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) *
                mien::channels(format)) {}

  int width() const { return width_; }
  int height() const { return height_; }
  PixelFormat format() const { return format_; }
  int channels() const { return mien::channels(format_); }
  std::ptrdiff_t stride() const { return static_cast<std::ptrdiff_t>(width_) * channels(); }
  bool empty() const { return pixels_.empty(); }

  std::uint8_t* row(int y) { return pixels_.data() + y * stride(); }
  const std::uint8_t* row(int y) const { return pixels_.data() + y * stride(); }
  ImageView view() const { return {pixels_.data(), width_, height_, stride(), format_}; }
  operator ImageView() const { return view(); }

 private:
  int width_ = 0;
  int height_ = 0;
  PixelFormat format_ = PixelFormat::kRgb8;
  std::vector<std::uint8_t> pixels_;
};

}  // namespace mien
