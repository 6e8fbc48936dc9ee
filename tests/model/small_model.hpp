#pragma once

#include <vector>

#include "model/model.hpp"

namespace mien::test {

/// input [N, 1, 4, 4] -> Conv 3x3 to two channels, padded -> Relu -> Flatten -> Gemm to three ->
/// output [N, 3].
inline model::Model small_model() {
  const auto ramp = [](std::string name, std::vector<std::int64_t> shape, float step) {
    std::int64_t count = 1;
    for (const std::int64_t dimension : shape) count *= dimension;
    std::vector<float> values(count);
    for (std::int64_t i = 0; i < count; ++i) values[i] = step * static_cast<float>(i % 7 - 3);
    return model::make_tensor<float>(std::move(name), std::move(shape), values);
  };
  model::Model model;
  model.graph_name = "small";
  model.inputs = {{"input", model::DataType::kFloat32, {-1, 1, 4, 4}}};
  model.outputs = {{"output", model::DataType::kFloat32, {-1, 3}}};
  model.initializers = {ramp("conv.weight", {2, 1, 3, 3}, 0.25F), ramp("conv.bias", {2}, 0.5F),
                        ramp("dense.weight", {3, 32}, 0.125F), ramp("dense.bias", {3}, 1.0F)};
  using Integers = std::vector<std::int64_t>;
  model.nodes = {{"conv",
                  "Conv",
                  {"input", "conv.weight", "conv.bias"},
                  {"a"},
                  {{"pads", Integers{1, 1, 1, 1}}, {"kernel_shape", Integers{3, 3}}}},
                 {"relu", "Relu", {"a"}, {"b"}, {}},
                 {"flatten", "Flatten", {"b"}, {"c"}, {{"axis", std::int64_t{1}}}},
                 {"dense",
                  "Gemm",
                  {"c", "dense.weight", "dense.bias"},
                  {"output"},
                  {{"transB", std::int64_t{1}}, {"alpha", 1.0F}}}};
  model.metadata = {{"labels", "angry,happy,neutral"}, {"note", "a \"quoted\" word"}};
  return model;
}

}  // namespace mien::test
