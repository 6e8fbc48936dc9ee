#pragma once

#include <string_view>

#include "mien/face.hpp"
#include "mien/image.hpp"
#include "vision/palette.hpp"

namespace mien::vision {

struct Paint {
  Rgb color;
  float opacity = 1;
};

/// Draws antialiased shapes and text on an RGB image, clipped to the image.
class Canvas {
 public:
  explicit Canvas(Image& rgb) : image_(rgb) {}

  int width() const { return image_.width(); }
  int height() const { return image_.height(); }

  /// The left `share` (0 to 1) of a box with round corners.
  void fill(const Box& box, float radius, Paint paint, float share = 1);
  /// A line of `thickness` pixels, centered on the edge of `box`.
  void stroke(const Box& box, float radius, float thickness, Paint paint);
  /// One line of UTF-8 text in DejaVu Sans; `size` is the line height in pixels.
  void text(Point left_on_baseline, float size, Paint paint, std::string_view text);

 private:
  void blend(int x, int y, Paint paint, float coverage);

  Image& image_;
};

/// Width of a line of text in pixels.
float text_width(float size, std::string_view text);

/// Height of the letters above the baseline, as a fraction of the size.
inline constexpr float kAscent = 0.76f;

}  // namespace mien::vision
