#pragma once

#include "model/model.hpp"

namespace mien::engine {

/// Where a BatchNormalization that cannot leave goes.
enum class NormPlacement {
  kBehindPools,  ///< behind a MaxPool that follows it, where there are fewer elements
  kInPlace,  ///< stays: behind eight-bit sums it costs nothing, and the pool works on its eight-bit
             ///< result
};

/// The same function in fewer nodes, exact but for rounding:
/// - nodes of constants are computed, Identity and Dropout leave;
/// - a BatchNormalization after a Conv or Gemm becomes part of its weights;
/// - a BatchNormalization after Conv-Relu whose scales are not negative gives its scale to the
/// weights before the Relu,
///   s * relu(x) = relu(s * x);
/// - the BatchNormalizations that are left have mean 0, variance 1 and epsilon 0: y = scale * x +
/// shift; one with such
///   scales moves behind a MaxPool, where there are fewer elements;
/// - Gemm loses its alpha, beta and transB = 0.
/// Values keep their names where they survive; graph outputs always do. Throws Error kBadFormat
/// naming the node.
model::Model simplify(model::Model model, NormPlacement norms = NormPlacement::kBehindPools);

}  // namespace mien::engine
