#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "engine/network.hpp"
#include "mien/face.hpp"
#include "model/model.hpp"
#include "vision/face_detector.hpp"

namespace mien::vision {

struct Size {
  int width = 0;
  int height = 0;
};

/// Input of a detection network: planes of (pixel - mean) * scale, with pixels in 0..255.
struct DetectionInput {
  enum class Colors { kRgb, kBgr } colors = Colors::kRgb;
  float mean = 0;
  float scale = 1;
  int min_face = 0;  ///< side of the smallest faces found reliably, in pixels of the input
};

/// One family of detection networks: their input, and how outputs become faces. Immutable.
class DetectionHead {
 public:
  virtual ~DetectionHead() = default;
  virtual std::string_view name() const = 0;
  virtual const DetectionInput& input() const = 0;
  virtual ScoreScale score_scale() const = 0;

  /// All candidates of at least `min_score`, in pixels of an input of the given size, before
  /// overlapping ones are removed. Throws Error kBadFormat naming an output that is missing or has
  /// the wrong size.
  virtual std::vector<DetectedFace> candidates(std::span<const engine::OutputTensor> outputs,
                                               Size input, float min_score) const = 0;
};

/// The head for this graph, by its inputs and outputs. Throws Error kUnsupported for other graphs.
std::unique_ptr<DetectionHead> make_detection_head(const model::Model& model);

/// The values of an output, `count` of them. Throws Error kBadFormat.
std::span<const float> find_output(std::span<const engine::OutputTensor> outputs,
                                   std::string_view name, std::size_t count);

/// YuNet of 2023 and later (Wu, Peng, Yu, "YuNet: A Tiny Millisecond-level Face Detector", 2023):
/// anchor free, strides 8, 16 and 32, outputs cls_S, obj_S, bbox_S and kps_S each; with landmarks.
/// Null for other graphs.
std::unique_ptr<DetectionHead> make_yunet_head(const model::Model& model);

}  // namespace mien::vision
