#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "explain/heat_map.hpp"
#include "mien/image.hpp"
#include "model/model.hpp"

namespace mien::explain {

/// The model with normal random numbers, of each tensor's own deviation, for the weights of its
/// last `layers` Conv, Gemm and MatMul nodes. Throws Error kUnsupported where weights are not f32
/// constants (a quantized model).
model::Model randomized(model::Model model, std::size_t layers, std::uint64_t seed);

/// Similarity of two maps; 1: equal.
struct Likeness {
  double rank_correlation = 0;
  double structural_similarity = 0;
};

/// One step of the cascade: the layer whose weights became random last, and what the map then has
/// in common with that of the trained network.
struct CascadeStep {
  std::string layer;
  Likeness grad_cam;
};

/// The model parameter randomization test of Adebayo et al. 2018 (arXiv:1810.03292): weights become
/// random layer by layer from the output on. A method whose map stays the same does not explain
/// what the network has learned. `crop` is the network's gray image. Throws what randomized and
/// GradCam throw.
std::vector<CascadeStep> randomization_test(const model::Model& model, const Image& crop,
                                            std::size_t label, std::uint64_t seed);

}  // namespace mien::explain
