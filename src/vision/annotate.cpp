#include "vision/annotate.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <optional>

#include "base/file.hpp"
#include "mien/error.hpp"
#include "vision/canvas.hpp"

namespace mien::vision {
namespace {

constexpr float kMinFaceForBars = 60;  ///< pixels
constexpr float kMinText =
    10;  ///< pixels per line, and 1/140 of large images: smaller text is unreadable
constexpr Rgb kDark = {16, 18, 22};
constexpr Rgb kLight = {255, 255, 255};

Rgb readable_on(Rgb color) {
  const int luma = 299 * color.red + 587 * color.green + 114 * color.blue;
  return luma > 128'000 ? kDark : kLight;
}

float overlap(const Box& a, const Box& b) {
  const float width = std::min(a.x + a.width, b.x + b.width) - std::max(a.x, b.x);
  const float height = std::min(a.y + a.height, b.y + b.height) - std::max(a.y, b.y);
  return width > 0 && height > 0 ? width * height : 0;
}

std::string percent(float share) {
  return base::format("%.0f%%", 100.0 * std::clamp(share, 0.0f, 1.0f));
}

/// Places titles and panels so that they cover neither faces nor each other.
class Annotator {
 public:
  Annotator(Image& image, std::span<const AnnotatedFace> faces)
      : canvas_(image),
        faces_(faces),
        width_(static_cast<float>(image.width())),
        height_(static_cast<float>(image.height())),
        line_(std::clamp(std::round(std::max(width_, height_) / 320), 2.0f, 16.0f)) {}

  void draw() {
    std::vector<std::size_t> order(faces_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, std::greater{},
                             [&](std::size_t i) { return faces_[i].box.width; });
    for (const std::size_t i : order) draw_frame(faces_[i]);
    for (const std::size_t i : order) draw_title(faces_[i]);
    for (const std::size_t i : order) {
      if (std::min(faces_[i].box.width, faces_[i].box.height) >= kMinFaceForBars)
        draw_bars(faces_[i]);
    }
  }

 private:
  /// Proportional to the face, but readable at the size of the image.
  float text_size(const AnnotatedFace& face) const {
    const float largest = std::max(kMinText, std::max(width_, height_) / 28);
    return std::clamp(face.box.width / 8,
                      std::min(std::max(kMinText, std::max(width_, height_) / 75), largest),
                      largest);
  }

  float thickness(const AnnotatedFace& face) const {
    return std::min(line_, std::max(1.5f, face.box.width / 30));
  }

  void draw_frame(const AnnotatedFace& face) {
    const float line = thickness(face);
    canvas_.stroke(face.box, 2 * line, line + 2, {kDark, 0.45f});
    canvas_.stroke(face.box, 2 * line, line, {face.color});
  }

  Box inside_image(Box box) const {
    box.x = std::clamp(box.x, 0.0f, std::max(0.0f, width_ - box.width));
    box.y = std::clamp(box.y, 0.0f, std::max(0.0f, height_ - box.height));
    return box;
  }

  bool fits(const Box& box) const {
    return box.x >= 0 && box.y >= 0 && box.x + box.width <= width_ && box.y + box.height <= height_;
  }

  /// Area of other faces, titles and panels that a title or panel of `face` would cover.
  float hidden_by(const Box& box, const AnnotatedFace& face) const {
    float area = 0;
    for (const AnnotatedFace& other : faces_) {
      if (&other != &face) area += overlap(box, other.box);
    }
    for (const Box& other : placed_) area += overlap(box, other);
    return area;
  }

  void draw_title(const AnnotatedFace& face) {
    if (face.title.empty()) return;
    float size = text_size(face);
    float wide = text_width(size, face.title);
    if (wide > width_ - size) {
      size *= std::max(0.1f, (width_ - size) / wide);
      wide = text_width(size, face.title);
    }
    const Box& box = face.box;
    const float half = thickness(face) / 2;
    const float plate_width = wide + 0.7f * size, plate_height = 1.3f * size;
    const float left = box.x - half;
    const std::array<Box, 4> places = {
        {{left, box.y - half - plate_height, plate_width, plate_height},
         {left, box.y + box.height + half, plate_width, plate_height},
         {left, box.y, plate_width, plate_height},
         {left, box.y + box.height - plate_height, plate_width, plate_height}}};
    Box best = inside_image(places[0]);
    float min_cost = hidden_by(best, face) + overlap(best, box);
    for (const Box& place : places) {
      const Box here = inside_image(place);
      const float cost = hidden_by(here, face) + 0.3f * overlap(here, box);
      if (cost < min_cost) {
        best = here;
        min_cost = cost;
      }
    }
    placed_.push_back(best);
    canvas_.fill(best, 0.2f * size, {face.color, 0.95f});
    canvas_.text({best.x + 0.35f * size, best.y + (best.height + 0.72f * kAscent * size) / 2}, size,
                 {readable_on(face.color)}, face.title);
  }

  struct Panel {
    Box box;
    float size = 0;   ///< of the text
    float names = 0;  ///< width of the widest name
    float percentages = 0;
  };

  Panel measure(const AnnotatedFace& face, float size) const {
    Panel panel;
    panel.size = size;
    for (const auto& [name, share] : face.bars)
      panel.names = std::max(panel.names, text_width(size, name));
    panel.percentages = text_width(size, "100%");
    panel.box.width =
        panel.names + panel.percentages + 7 * size;  // bars of 5 sizes, gaps of half a size
    panel.box.height = (1.25f * static_cast<float>(face.bars.size()) + 0.7f) * size;
    return panel;
  }

  /// Beside, below or above the face; at the bottom of the image, over a part of the face, if the
  /// face fills the image.
  std::optional<Box> find_place(const AnnotatedFace& face, const Panel& panel) const {
    const Box& box = face.box;
    const float gap = thickness(face) + 0.3f * panel.size, width = panel.box.width,
                height = panel.box.height;
    const float title = 1.4f * text_size(face);
    const std::array<Box, 6> places = {
        {{box.x + box.width + gap, box.y, width, height},
         {box.x - gap - width, box.y, width, height},
         {box.x, box.y + box.height + gap, width, height},
         {box.x + box.width - width, box.y + box.height + gap, width, height},
         {box.x, box.y + box.height + gap + title, width, height},
         {box.x, box.y - gap - title - height, width, height}}};
    for (const Box& place : places) {
      const Box here = inside_image(place);
      if (fits(here) && hidden_by(here, face) == 0 && overlap(here, box) == 0) return here;
    }
    const Box foot =
        inside_image({box.x + (box.width - width) / 2, height_ - height - gap, width, height});
    const bool bearable = overlap(foot, box) < 0.3f * box.width * box.height &&
                          foot.y > box.y + 0.55f * box.height && foot.y < box.y + box.height;
    if (fits(foot) && hidden_by(foot, face) == 0 && bearable) return foot;
    return {};
  }

  void draw_bars(const AnnotatedFace& face) {
    if (face.bars.empty()) return;
    for (const float shrink : {1.0f, 0.85f, 0.7f, 0.55f}) {
      Panel panel = measure(face, shrink * text_size(face));
      if (panel.size < std::max(kMinText, std::max(width_, height_) / 140)) return;
      if (const std::optional<Box> place = find_place(face, panel)) {
        panel.box = *place;
        placed_.push_back(*place);
        draw_panel(face, panel);
        return;
      }
    }
  }

  void draw_panel(const AnnotatedFace& face, const Panel& panel) {
    const float size = panel.size, row = 1.25f * size;
    canvas_.fill(panel.box, 0.4f * size, {kDark, 0.72f});
    const float left = panel.box.x + 0.5f * size, track = 5 * size;
    float y = panel.box.y + 0.35f * size;
    const auto highest =
        std::ranges::max_element(face.bars, {}, &std::pair<std::string, float>::second);
    for (auto bar = face.bars.begin(); bar != face.bars.end(); ++bar, y += row) {
      const float baseline = y + (row + 0.72f * kAscent * size) / 2;
      const Paint ink{kLight, bar == highest ? 1.0f : 0.75f};
      canvas_.text({left, baseline}, size, ink, bar->first);
      const Box groove{left + panel.names + 0.5f * size, y + 0.28f * row, track, 0.44f * row};
      canvas_.fill(groove, groove.height / 2, {kLight, 0.16f});
      const float share = std::clamp(bar->second, 0.0f, 1.0f);  // NaN draws nothing
      if (share > 0)
        canvas_.fill(groove, groove.height / 2, {face.color, bar == highest ? 1.0f : 0.75f}, share);
      const std::string number = percent(share);
      const float right = panel.box.x + panel.box.width - 0.5f * size;
      canvas_.text({right - text_width(size, number), baseline}, size, ink, number);
    }
  }

  Canvas canvas_;
  std::span<const AnnotatedFace> faces_;
  float width_;
  float height_;
  float line_;  ///< thickness of large boxes
  std::vector<Box> placed_;
};

}  // namespace

void annotate(Image& rgb, std::span<const AnnotatedFace> faces) {
  if (rgb.format() != PixelFormat::kRgb8)
    throw Error(ErrorCode::kInvalidArgument, "annotate: the image must be RGB");
  for (const AnnotatedFace& face : faces) {
    const Box& box = face.box;
    if (!std::isfinite(box.x + box.y + box.width + box.height) || box.width <= 0 ||
        box.height <= 0) {
      throw Error(ErrorCode::kInvalidArgument,
                  base::format("a face box of %g x %g pixels at (%g, %g) cannot be drawn",
                               box.width, box.height, box.x, box.y));
    }
  }
  if (!rgb.empty()) Annotator(rgb, faces).draw();
}

}  // namespace mien::vision
