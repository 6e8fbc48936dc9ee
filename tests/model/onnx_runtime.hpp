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

/// What ONNX Runtime's CPU provider makes of the model and one f32 input, by output. Empty where
/// the environment variable MIEN_PYTHON (a Python with onnxruntime and numpy) is not set: the test
/// then skips. Throws std::runtime_error where ONNX Runtime refuses the model.
std::optional<std::vector<OnnxRuntimeOutput>> run_onnx_runtime(const model::Model& model,
                                                               std::span<const std::int64_t> shape,
                                                               std::span<const float> input);

}  // namespace mien::test
