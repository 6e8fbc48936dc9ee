#pragma once

#include <string_view>

#include "mien/face.hpp"
#include "mien/image.hpp"
#include "vision/palette.hpp"

namespace mien::vision {

struct Paint {
  Rgb colour;
  float opacity = 1;
};

/// Antialiased shapes and text on an RGB image; whatever lies outside the image is left out.
class Canvas {
 public:
  explicit Canvas(Image& rgb) : image_(rgb) {}

  int width() const { return image_.width(); }
  int height() const { return image_.height(); }

  /// The left `share` of a box with round corners: with 1 all of it.
  void fill(const Box& box, float radius, Paint paint, float share = 1);
  /// A line of `thickness` pixels, centred on the edge of `box`.
  void stroke(const Box& box, float radius, float thickness, Paint paint);
  /// One line of text, from `left` on a `baseline`; `size` is the height of a line in pixels.
  /// UTF-8, in DejaVu Sans.
  void text(Point left_on_baseline, float size, Paint paint, std::string_view text);

 private:
  void blend(int x, int y, Paint paint, float coverage);

  Image& image_;
};

/// Width of a line of text in pixels.
float text_width(float size, std::string_view text);

/// Height of the letters over the baseline, as a part of the size.
inline constexpr float kAscent = 0.76f;

}  // namespace mien::vision
