#pragma once

#include <memory>
#include <span>
#include <string>

#include "engine/network.hpp"
#include "explain/head.hpp"
#include "explain/heat_map.hpp"
#include "model/model.hpp"

namespace mien::explain {

/// Grad-CAM (Selvaraju et al. 2017, arXiv:1610.02391) of the last convolution: each of its channels is weighted by the
/// mean derivative of a logit, and the positive part of the weighted sum is the map.
///
/// The engine runs the network up to the last activations that have a height and a width, behind whatever Add, norm and
/// Relu follow the convolution, in f32; Head differentiates the rest. Thread safe.
class GradCam {
 public:
  /// `output` is the logits' name in the graph, `side` that of the square input. Throws Error kUnsupported where the network
  /// has no activations that everything passes through behind its last convolution, or a layer there that Head does not know.
  GradCam(const model::Model& model, const std::string& output, int side, int threads);

  struct Result {
    HeatMap map;                ///< of the activations' own side (6 for 48 pixels, say), not negative; in logits
    std::vector<float> logits;  ///< of the picture
  };
  /// `input` is [side, side], normalised as the network wants it.
  Result explain(std::span<const float> input, std::size_t label) const;

  const std::string& layer() const { return layer_; }  ///< name of the activations

 private:
  struct Parts;
  explicit GradCam(Parts parts);

  std::string layer_;
  int side_;
  engine::Network trunk_;
  Head head_;
};

}  // namespace mien::explain
