#pragma once

#include <span>
#include <string>
#include <vector>

#include "engine/options.hpp"
#include "model/model.hpp"

namespace mien::engine {

struct QuantizeOptions {
  int threads = 0;                     ///< 0: one a core
  std::vector<std::string> keep_real;  ///< names of nodes that stay in f32
};

/// Rewrites an f32 model so that its Conv and Gemm layers compute in eight bits, in the standard
/// form: a QuantizeLinear and DequantizeLinear pair on what they take (u8, one scale), their
/// weights as s8 with one scale an output channel, biases as s32. Layers that give an output of the
/// graph stay in f32. The scales are those with the least squared error over the values that
/// `images` cause: [shape[0], shape[1], shape[2], shape[3]] numbers as the network takes them, some
/// hundred typical ones. The metadata are kept. Throws Error kUnsupported for an operator set
/// before 13 or a model that is quantised already, kInvalidArgument for too few images.
model::Model quantize(const model::Model& model, std::span<const float> images,
                      const InputShape& shape, const QuantizeOptions& options = {});

}  // namespace mien::engine
