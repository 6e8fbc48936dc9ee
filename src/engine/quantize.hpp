#pragma once

#include <span>
#include <string>
#include <vector>

#include "engine/options.hpp"
#include "model/model.hpp"

namespace mien::engine {

struct QuantizeOptions {
  int threads = 0;                    ///< 0: one per core
  std::vector<std::string> keep_f32;  ///< names of nodes that stay in f32
};

/// Rewrites an f32 model so that its Conv and Gemm layers compute in 8 bits, in ONNX's QDQ form:
/// inputs as u8 with one scale, weights as s8 with one scale per output channel, biases as s32.
/// Layers that compute a graph output stay in f32. The scales minimize the squared error of the
/// activations for `images`: network input of that shape, from a few hundred typical images. Keeps
/// the metadata. Throws Error kUnsupported for an opset below 13 or a quantized model,
/// kInvalidArgument if `images` does not fit `shape`.
model::Model quantize(const model::Model& model, std::span<const float> images,
                      const InputShape& shape, const QuantizeOptions& options = {});

}  // namespace mien::engine
