#include <algorithm>
#include <cmath>

#include "base/file.hpp"
#include "explain/explainer.hpp"
#include "explain/occlusion.hpp"
#include "mien/error.hpp"
#include "vision/canvas.hpp"
#include "vision/color_map.hpp"
#include "vision/crop.hpp"

namespace mien::explain {
namespace {

constexpr int kPanel = 336;  ///< side of an image; seven times 48
constexpr int kMargin = 20, kHeader = 62, kFooter = 70;
constexpr float kTitle = 24, kText = 15;
constexpr vision::Rgb kGround = {22, 24, 29}, kInk = {240, 240, 240}, kFaint = {165, 168, 176};

struct Panel {
  std::string name;
  const HeatMap* map;  ///< null: the crop as it is
  std::string low, high;
};

/// The color of a value over a gray pixel: the face stays visible below.
vision::Rgb over(float value, float gray) {
  const float opacity = 0.35F + 0.45F * value;
  const vision::Rgb heat = vision::inferno(value);
  const auto mix = [&](std::uint8_t channel) {
    return static_cast<std::uint8_t>(
        std::lround(std::lerp(gray, static_cast<float>(channel), opacity)));
  };
  return {mix(heat.red), mix(heat.green), mix(heat.blue)};
}

void put(Image& image, int x, int y, vision::Rgb color) {
  std::uint8_t* pixel = image.row(y) + 3 * x;
  pixel[0] = color.red, pixel[1] = color.green, pixel[2] = color.blue;
}

void draw_panel(Image& image, int left, const Image& face, const HeatMap* map) {
  HeatMap scaled;
  if (map != nullptr) {
    scaled = resize(*map, kPanel);
    // The larger map's own maximum, so that the legend's end is a value that occurs.
    const float maximum = map->largest();
    for (float& value : scaled.values) value = maximum > 0 ? std::max(value, 0.0F) / maximum : 0;
  }
  for (int y = 0; y < kPanel; ++y) {
    for (int x = 0; x < kPanel; ++x) {
      const std::uint8_t gray = face.row(y)[x];
      put(image, left + x, kHeader + y,
          map == nullptr ? vision::Rgb{gray, gray, gray} : over(scaled.at(x, y), gray));
    }
  }
}

void draw_legend(Image& image, vision::Canvas& canvas, int left, const Panel& panel) {
  const float top = kHeader + kPanel;
  canvas.text({static_cast<float>(left), top + 25}, kText, {kInk}, panel.name);
  if (panel.map == nullptr) return;
  constexpr int kBarHeight = 10;
  for (int x = 0; x < kPanel; ++x) {
    for (int y = 0; y < kBarHeight; ++y)
      put(image, left + x, kHeader + kPanel + 34 + y,
          over(static_cast<float>(x) / (kPanel - 1), 128));
  }
  canvas.text({static_cast<float>(left), top + 60}, kText - 2, {kFaint}, panel.low);
  canvas.text(
      {static_cast<float>(left + kPanel) - vision::text_width(kText - 2, panel.high), top + 60},
      kText - 2, {kFaint}, panel.high);
}

}  // namespace

Image draw(const Explanation& explanation, const std::string& label, const ImageView& crop) {
  if (crop.empty() || crop.width != crop.height)
    throw Error(
        ErrorCode::kInvalidArgument,
        base::format("draw: the crop is %dx%d; it must be square", crop.width, crop.height));
  std::vector<Panel> panels = {{"network input", nullptr, "", ""}};
  if (explanation.grad_cam)
    panels.push_back({"Grad-CAM", &*explanation.grad_cam, "no effect", "strongest effect"});
  if (explanation.occlusion) {
    panels.push_back({"occlusion", &*explanation.occlusion, "covering it: no effect",
                      "−" + cost_text(*explanation.occlusion)});
  }
  const int columns = static_cast<int>(panels.size());
  Image image(columns * (kPanel + kMargin) + kMargin, kHeader + kPanel + kFooter,
              PixelFormat::kRgb8);
  vision::Canvas canvas(image);
  canvas.fill({0, 0, static_cast<float>(image.width()), static_cast<float>(image.height())}, 0,
              {kGround});

  const std::optional<Emotion> emotion = emotion_from_string(label);
  const std::string title = base::format("What made the model say \"%s\" (%.0f %%)", label.c_str(),
                                         100.0 * explanation.probability);
  canvas.fill({kMargin, 17, 9, 28}, 3, {emotion ? vision::color_of(*emotion) : kInk});
  canvas.text({kMargin + 20, 40}, kTitle, {kInk}, title);

  const Image face = vision::to_gray(mien::vision::resize(crop, kPanel, kPanel));
  for (int i = 0; i < columns; ++i) {
    const int left = kMargin + i * (kPanel + kMargin);
    draw_panel(image, left, face, panels[static_cast<std::size_t>(i)].map);
    draw_legend(image, canvas, left, panels[static_cast<std::size_t>(i)]);
  }
  return image;
}

}  // namespace mien::explain
