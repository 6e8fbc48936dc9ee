#include <algorithm>
#include <cstddef>

#include "vision/detection_head.hpp"

namespace mien {
namespace {

class UltraLightHead : public DetectionHead {
 public:
  UltraLightHead(Size size, std::size_t boxes) : boxes_(boxes) { input_.fixed = size; }

  std::string_view name() const override { return "rfb"; }
  const DetectionInput& input() const override { return input_; }
  float least_score() const override { return 0.7f; }
  engine::Precision precision() const override { return engine::Precision::kF32; }  // the graph itself computes with corners

  std::vector<DetectedFace> candidates(std::span<const engine::OutputTensor> outputs, Size size,
                                       float least_score) const override {
    const auto scores = find_output(outputs, "scores", boxes_ * 2), boxes = find_output(outputs, "boxes", boxes_ * 4);
    const float width = static_cast<float>(size.width), height = static_cast<float>(size.height);
    std::vector<DetectedFace> found;
    for (std::size_t i = 0; i < boxes_; ++i) {
      const float score = scores[2 * i + 1];
      if (!(score >= least_score)) continue;
      const auto corners = boxes.subspan(4 * i, 4);
      found.push_back({{corners[0] * width, corners[1] * height, (corners[2] - corners[0]) * width,
                        (corners[3] - corners[1]) * height},
                       score,
                       {}});
    }
    return found;
  }

 private:
  DetectionInput input_{.mean = 127, .scale = 1 / 128.0f, .fixed = {}, .least_face = 10};
  std::size_t boxes_;
};

}  // namespace

std::unique_ptr<DetectionHead> make_ultra_light_head(const model::Model& model) {
  constexpr std::int64_t kMaxSide = 4096, kMaxBoxes = 1'000'000;
  const auto scores = std::ranges::find(model.outputs, "scores", &model::ValueInfo::name);
  const auto boxes = std::ranges::find(model.outputs, "boxes", &model::ValueInfo::name);
  if (scores == model.outputs.end() || boxes == model.outputs.end() || model.inputs.size() != 1) return nullptr;
  const auto& in = model.inputs[0].shape;
  const auto& out = boxes->shape;
  const bool fits = in.size() == 4 && in[1] == 3 && in[2] > 0 && in[2] <= kMaxSide && in[3] > 0 && in[3] <= kMaxSide &&
                    out.size() == 3 && out[1] > 0 && out[1] <= kMaxBoxes && out[2] == 4;
  if (!fits) return nullptr;
  return std::make_unique<UltraLightHead>(Size{static_cast<int>(in[3]), static_cast<int>(in[2])},
                                          static_cast<std::size_t>(out[1]));
}

}  // namespace mien
