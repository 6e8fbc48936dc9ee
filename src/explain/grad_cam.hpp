#pragma once

#include <memory>
#include <span>
#include <string>

#include "engine/network.hpp"
#include "explain/head.hpp"
#include "explain/heat_map.hpp"
#include "model/model.hpp"

namespace mien::explain {

/// Grad-CAM (Selvaraju et al. 2017, arXiv:1610.02391) of the last activations with enough
/// resolution: each is weighted by the derivative of a logit, and the positive part of the
/// sum over the channels is the map. The derivative is that of the cell (HiResCAM, Draelos and
/// Carin 2020, arXiv:2011.08891), not its mean over the channel: behind a mean and one dense layer
/// the two are the same, and further up the mean may leave an empty map.
///
/// Enough are six cells per side, or an eighth of the image's side if that is fewer. If a network
/// has no such activations that everything passes through, or a layer after them that Head does not
/// support, those of the last convolution are used, however coarse. The engine runs the network
/// up to there, behind whatever Add, norm and Relu follow the convolution, in f32; Head
/// differentiates the rest. Thread safe.
class GradCam {
 public:
  /// `output` is the logits' name in the graph, `side` that of the square input. Throws Error
  /// kUnsupported where the network has no activations that everything passes through behind a
  /// convolution, or a layer behind its last that Head does not know.
  GradCam(const model::Model& model, const std::string& output, int side, int threads);

  struct Result {
    HeatMap map;  ///< of the activations' own side (6 for 48 pixels, say), not negative; in logits
    std::vector<float> logits;  ///< of the image
  };
  /// `input` is [side, side], normalized for the network.
  Result explain(std::span<const float> input, std::size_t label) const;

  const std::string& layer() const { return layer_; }  ///< name of the activations

 private:
  struct Parts;
  static Parts cut(const model::Model& model, const std::string& output, int side, int threads);
  GradCam(Parts parts, int side);

  std::string layer_;
  int side_;
  engine::Network trunk_;
  Head head_;
};

}  // namespace mien::explain
