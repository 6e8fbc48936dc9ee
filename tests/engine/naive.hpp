#pragma once

#include <cstdint>
#include <vector>

#include "model/model.hpp"

namespace mien::test {

struct NaiveTensor {
  std::vector<std::int64_t> shape;
  std::vector<float> values;
};

/// Runs a model node by node with plain loops and sums in double, as a reference for the engine.
/// Supports Conv, Gemm, MatMul, BatchNormalization, pools, element-wise functions, Softmax,
/// Flatten, Reshape, Transpose, Concat, Slice (attributes), nearest Resize, QuantizeLinear and
/// DequantizeLinear; throws std::runtime_error on any other.
std::vector<NaiveTensor> run_naive(const model::Model& model, const NaiveTensor& input);

}  // namespace mien::test
