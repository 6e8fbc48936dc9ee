#include "vision/canvas.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#define STBTT_STATIC
#define STB_TRUETYPE_IMPLEMENTATION
#include <stb/stb_truetype.h>

// The font is embedded: MIEN_FONT_FILE is the path of DejaVuSans.ttf at build time.
asm(R"(
  .section .rodata
  .balign 16
mien_font_bytes:
  .incbin ")" MIEN_FONT_FILE R"("
  .byte 0
  .text
)");
extern "C" const unsigned char mien_font_bytes[] __attribute__((visibility("hidden")));

namespace mien::vision {
namespace {

/// Distance from the edge of a box with round corners; negative inside.
float edge_distance(const Box& box, float radius, float x, float y) {
  const float from_x = std::abs(x - box.x - box.width / 2) - box.width / 2 + radius;
  const float from_y = std::abs(y - box.y - box.height / 2) - box.height / 2 + radius;
  const float outside = std::hypot(std::max(from_x, 0.0f), std::max(from_y, 0.0f));
  return outside + std::min(std::max(from_x, from_y), 0.0f) - radius;
}

/// The pixels that a box grown by `margin` touches, within the image: [left, right) x [top,
/// bottom).
struct Pixels {
  Pixels(const Box& box, float margin, int width, int height)
      : left(bound(box.x - margin, width)),
        top(bound(box.y - margin, height)),
        right(bound(box.x + box.width + margin + 1, width)),
        bottom(bound(box.y + box.height + margin + 1, height)) {}
  static int bound(float value, int size) {
    return static_cast<int>(std::clamp(value, 0.0f, static_cast<float>(size)));
  }
  int left, top, right, bottom;
};

stbtt_fontinfo load_font() {
  stbtt_fontinfo font;
  stbtt_InitFont(&font, mien_font_bytes, 0);
  return font;
}

/// Removes the first character of UTF-8 text and returns it; an invalid byte is returned as it is.
int take_character(std::string_view& text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const int lead = byte(0);
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
  int character = length == 1 ? lead : lead & (0x7F >> length);
  for (std::size_t i = 1; i < length && i < text.size(); ++i)
    character = character << 6 | (byte(i) & 0x3F);
  text.remove_prefix(std::min(length, text.size()));
  return character;
}

/// Calls visit(glyph, x) for each character of a line, with its origin x; returns the width.
template <class Visit>
float lay_out(const stbtt_fontinfo& font, float scale, std::string_view text, Visit visit) {
  float x = 0;
  int previous = 0;
  while (!text.empty()) {
    const int glyph = stbtt_FindGlyphIndex(&font, take_character(text));
    if (previous != 0)
      x += scale * static_cast<float>(stbtt_GetGlyphKernAdvance(&font, previous, glyph));
    visit(glyph, x);
    int advance = 0, bearing = 0;
    stbtt_GetGlyphHMetrics(&font, glyph, &advance, &bearing);
    x += scale * static_cast<float>(advance);
    previous = glyph;
  }
  return x;
}

}  // namespace

void Canvas::blend(int x, int y, Paint paint, float coverage) {
  const float alpha = std::clamp(coverage, 0.0f, 1.0f) * paint.opacity;
  std::uint8_t* pixel = image_.row(y) + std::ptrdiff_t{3} * x;
  const std::uint8_t color[3] = {paint.color.red, paint.color.green, paint.color.blue};
  for (int c = 0; c < 3; ++c) {
    pixel[c] = static_cast<std::uint8_t>(static_cast<float>(pixel[c]) * (1 - alpha) +
                                         static_cast<float>(color[c]) * alpha + 0.5f);
  }
}

void Canvas::fill(const Box& box, float radius, Paint paint, float share) {
  const float end = share < 1 ? box.x + box.width * share : box.x + box.width + 1;
  const Pixels area(box, 1, width(), height());
  for (int y = area.top; y < area.bottom; ++y) {
    for (int x = area.left; x < area.right; ++x) {
      const float column = static_cast<float>(x) + 0.5f;
      const float distance =
          std::max(edge_distance(box, radius, column, static_cast<float>(y) + 0.5f), column - end);
      if (distance < 0.5f) blend(x, y, paint, 0.5f - distance);
    }
  }
}

void Canvas::stroke(const Box& box, float radius, float thickness, Paint paint) {
  const float half = thickness / 2;
  const Pixels area(box, half + 1, width(), height());
  const float band = radius + half + 1;
  for (int y = area.top; y < area.bottom; ++y) {
    const float row = static_cast<float>(y) + 0.5f;
    const bool middle = row > box.y + band && row < box.y + box.height - band;
    for (int x = area.left; x < area.right; ++x) {
      const float column = static_cast<float>(x) + 0.5f;
      if (middle && column > box.x + band && column < box.x + box.width - band) {
        x = std::max(
            x, Pixels::bound(box.x + box.width - band - 1, width()));  // skip the empty inside
        continue;
      }
      const float distance = std::abs(edge_distance(box, radius, column, row)) - half;
      if (distance < 0.5f) blend(x, y, paint, 0.5f - distance);
    }
  }
}

void Canvas::text(Point left_on_baseline, float size, Paint paint, std::string_view text) {
  const stbtt_fontinfo font = load_font();
  const float scale = stbtt_ScaleForPixelHeight(&font, size);
  std::vector<unsigned char> glyph_pixels;
  lay_out(font, scale, text, [&](int glyph, float at) {
    const float x = left_on_baseline.x + at;
    const float column = std::floor(x), line = std::floor(left_on_baseline.y);
    const float shift_x = x - column, shift_y = left_on_baseline.y - line;
    int left, top, right, bottom;
    stbtt_GetGlyphBitmapBoxSubpixel(&font, glyph, scale, scale, shift_x, shift_y, &left, &top,
                                    &right, &bottom);
    const int wide = right - left, high = bottom - top;
    if (wide <= 0 || high <= 0) return;
    glyph_pixels.assign(static_cast<std::size_t>(wide) * high, 0);
    stbtt_MakeGlyphBitmapSubpixel(&font, glyph_pixels.data(), wide, high, wide, scale, scale,
                                  shift_x, shift_y, glyph);
    for (int v = 0; v < high; ++v) {
      for (int u = 0; u < wide; ++u) {
        const int px = static_cast<int>(column) + left + u, py = static_cast<int>(line) + top + v;
        if (px < 0 || py < 0 || px >= width() || py >= height()) continue;
        const unsigned char coverage = glyph_pixels[static_cast<std::size_t>(v) * wide + u];
        if (coverage != 0) blend(px, py, paint, static_cast<float>(coverage) / 255);
      }
    }
  });
}

float text_width(float size, std::string_view text) {
  const stbtt_fontinfo font = load_font();
  return lay_out(font, stbtt_ScaleForPixelHeight(&font, size), text, [](int, float) {});
}

}  // namespace mien::vision
