#pragma once

#include "model/model.hpp"

namespace mien::engine {

/// Where to put a BatchNormalization that cannot be folded into weights.
enum class NormPlacement {
  kAfterPools,  ///< after a following MaxPool, where there are fewer elements
  kInPlace,     ///< in place: after 8-bit sums it is free, and the pool works on 8-bit values
};

/// The same function with fewer nodes, exact except for rounding:
/// - nodes with constant inputs are evaluated; Identity and Dropout are removed;
/// - a BatchNormalization after a Conv or Gemm is folded into its weights;
/// - a non-negative scale of a BatchNormalization after Conv-Relu is folded into the weights before
/// the Relu:
///   s * relu(x) = relu(s * x);
/// - the remaining BatchNormalizations have mean 0, variance 1 and epsilon 0: y = scale * x +
/// shift; with non-negative scales they move according to `norms`;
/// - alpha, beta and transB = 0 of a Gemm are folded into its weights.
/// Remaining values keep their names, graph outputs always. Throws Error kBadFormat naming the
/// node.
model::Model simplify(model::Model model, NormPlacement norms = NormPlacement::kAfterPools);

}  // namespace mien::engine
