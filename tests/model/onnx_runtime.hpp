#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "model/model.hpp"

namespace mien::test {

struct OnnxRuntimeOutput {
  std::vector<std::int64_t> shape;
  std::vector<float> values;
};

/// The outputs of ONNX Runtime's CPU provider for the model and one f32 input. Empty if the
/// environment variable MIEN_PYTHON (a Python with onnxruntime and numpy) is not set: skip the test
/// then. Throws std::runtime_error if ONNX Runtime rejects the model.
std::optional<std::vector<OnnxRuntimeOutput>> run_onnx_runtime(const model::Model& model,
                                                               std::span<const std::int64_t> shape,
                                                               std::span<const float> input);

}  // namespace mien::test
