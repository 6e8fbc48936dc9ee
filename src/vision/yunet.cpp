#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "vision/detection_head.hpp"

namespace mien::vision {
namespace {

constexpr std::array<int, 3> kStrides{8, 16, 32};
constexpr std::array<const char*, 4> kOutputs{"cls_", "obj_", "bbox_", "kps_"};

class YunetHead : public DetectionHead {
 public:
  std::string_view name() const override { return "yunet"; }
  const DetectionInput& input() const override { return input_; }
  /// On the shared group photos, faces score 0.75 to 0.95, and other objects up to 0.7.
  ScoreScale score_scale() const override { return {.min = 0.6f, .certain = 0.9f}; }

  std::vector<DetectedFace> candidates(std::span<const engine::OutputTensor> outputs, Size size,
                                       float min_score) const override {
    std::vector<DetectedFace> found;
    const float min_product = std::max(min_score, 0.0f) * std::max(min_score, 0.0f);
    for (const int stride : kStrides) {
      const int columns = size.width / stride, rows = size.height / stride;
      const std::size_t cells = static_cast<std::size_t>(columns) * static_cast<std::size_t>(rows);
      const auto values = [&](std::size_t kind, std::size_t each) {
        return find_output(outputs, kOutputs[kind] + std::to_string(stride), cells * each);
      };
      const auto classes = values(0, 1), objects = values(1, 1), boxes = values(2, 4),
                 points = values(3, 10);
      for (std::size_t i = 0; i < cells; ++i) {
        const float product =
            std::clamp(classes[i], 0.0f, 1.0f) * std::clamp(objects[i], 0.0f, 1.0f);
        if (!(product >= min_product)) continue;
        const float column = static_cast<float>(i % static_cast<std::size_t>(columns)),
                    row = static_cast<float>(i / static_cast<std::size_t>(columns)),
                    step = static_cast<float>(stride);
        const auto box = boxes.subspan(4 * i, 4);
        const auto point = points.subspan(10 * i, 10);
        const float width = std::exp(box[2]) * step, height = std::exp(box[3]) * step;
        DetectedFace face{{(column + box[0]) * step - width / 2, (row + box[1]) * step - height / 2,
                           width, height},
                          std::sqrt(product),
                          Landmarks{}};
        for (std::size_t p = 0; p < face.landmarks->size(); ++p) {
          (*face.landmarks)[p] = {(column + point[2 * p]) * step, (row + point[2 * p + 1]) * step};
        }
        found.push_back(face);
      }
    }
    return found;
  }

 private:
  DetectionInput input_{.colors = DetectionInput::Colors::kBgr, .min_face = 16};
};

}  // namespace

std::unique_ptr<DetectionHead> make_yunet_head(const model::Model& model) {
  for (const int stride : kStrides) {
    for (const char* kind : kOutputs) {
      const std::string name = kind + std::to_string(stride);
      if (std::ranges::find(model.outputs, name, &model::ValueInfo::name) == model.outputs.end())
        return nullptr;
    }
  }
  return std::make_unique<YunetHead>();
}

}  // namespace mien::vision
