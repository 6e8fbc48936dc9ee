#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "engine/network.hpp"
#include "mien/face.hpp"
#include "model/model.hpp"

namespace mien::vision {

struct Size {
  int width = 0;
  int height = 0;
};

/// What a detection network wants as its input: planes of (pixel - mean) * scale, pixels in 0..255.
struct DetectionInput {
  enum class Colors { kRgb, kBgr } colors = Colors::kRgb;
  float mean = 0;
  float scale = 1;
  int min_face = 0;  ///< side of the smallest faces that it finds reliably, in pixels of the input
};

/// One family of detection networks: what goes in, and how faces are read from what comes out.
/// Immutable.
class DetectionHead {
 public:
  virtual ~DetectionHead() = default;
  virtual std::string_view name() const = 0;
  virtual const DetectionInput& input() const = 0;
  virtual float min_score() const = 0;  ///< of 0..1, below which candidates are noise

  /// All candidates of at least `min_score`, in pixels of an input of the given size, before
  /// overlapping ones are removed. Throws Error kBadFormat naming the output that is missing or not
  /// of the right size.
  virtual std::vector<DetectedFace> candidates(std::span<const engine::OutputTensor> outputs,
                                               Size input, float min_score) const = 0;
};

/// The head that reads this graph, by its inputs and outputs. Throws Error kUnsupported where there
/// is none.
std::unique_ptr<DetectionHead> make_detection_head(const model::Model& model);

/// The values of an output, `count` of them. Throws Error kBadFormat.
std::span<const float> find_output(std::span<const engine::OutputTensor> outputs,
                                   std::string_view name, std::size_t count);

/// YuNet of 2023 and later (Wu, Peng, Yu, "YuNet: A Tiny Millisecond-level Face Detector", 2023):
/// anchor free, strides 8, 16 and 32, outputs cls_S, obj_S, bbox_S and kps_S each; with landmarks.
/// Null where the graph is another.
std::unique_ptr<DetectionHead> make_yunet_head(const model::Model& model);

}  // namespace mien::vision
