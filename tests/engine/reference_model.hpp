#pragma once

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "model/model.hpp"

namespace mien::test {

/// Builds graphs node by node, with random weights that keep activations near 1.
class GraphBuilder {
 public:
  explicit GraphBuilder(std::vector<std::int64_t> input_shape, unsigned seed = 1) : random_(seed) {
    model_.graph_name = "test";
    model_.inputs = {{"input", model::DataType::kFloat32, std::move(input_shape)}};
  }

  std::vector<float> numbers(std::int64_t count, float low, float high) {
    std::uniform_real_distribution<float> draw(low, high);
    std::vector<float> values(count);
    for (float& value : values) value = draw(random_);
    return values;
  }

  std::string constant(std::vector<std::int64_t> shape, float low, float high) {
    std::int64_t count = 1;
    for (const std::int64_t dimension : shape) count *= dimension;
    return constant(std::move(shape), numbers(count, low, high));
  }

  template <class T>
  std::string constant(std::vector<std::int64_t> shape, const std::vector<T>& values) {
    const std::string name = "constant" + std::to_string(model_.initializers.size());
    model_.initializers.push_back(
        model::make_tensor<T>(name, std::move(shape), std::span<const T>(values)));
    return name;
  }

  std::string node(const std::string& op, std::vector<std::string> inputs,
                   std::map<std::string, model::Attribute> attributes = {}) {
    const std::string name = op + std::to_string(model_.nodes.size());
    model_.nodes.push_back({name, op, std::move(inputs), {name + "_out"}, std::move(attributes)});
    return name + "_out";
  }

  /// A square convolution with a bias; He's initialization.
  std::string conv(const std::string& input, std::int64_t from, std::int64_t to,
                   std::int64_t kernel, std::map<std::string, model::Attribute> attributes = {},
                   std::int64_t groups = 1) {
    const float bound = std::sqrt(6.0F / static_cast<float>(from / groups * kernel * kernel));
    const std::string weights = constant({to, from / groups, kernel, kernel}, -bound, bound);
    const std::string bias = constant({to}, -0.1F, 0.1F);
    attributes.try_emplace("pads", std::vector<std::int64_t>(4, kernel / 2));
    attributes.try_emplace("group", groups);
    return node("Conv", {input, weights, bias}, std::move(attributes));
  }

  std::string batch_norm(const std::string& input, std::int64_t channels, float low_scale = 0.7F) {
    const std::string scale = constant({channels}, low_scale, 1.3F);
    const std::string shift = constant({channels}, -0.3F, 0.3F);
    const std::string mean = constant({channels}, 0.0F, 0.6F);
    const std::string variance = constant({channels}, 0.5F, 1.5F);
    return node("BatchNormalization", {input, scale, shift, mean, variance}, {{"epsilon", 1e-3F}});
  }

  std::string dense(const std::string& input, std::int64_t from, std::int64_t to) {
    const float bound = std::sqrt(6.0F / static_cast<float>(from));
    const std::string weights = constant({to, from}, -bound, bound);
    const std::string bias = constant({to}, -0.1F, 0.1F);
    return node("Gemm", {input, weights, bias}, {{"transB", std::int64_t{1}}});
  }

  void output(const std::string& value, std::vector<std::int64_t> shape) {
    model_.outputs.push_back({value, model::DataType::kFloat32, std::move(shape)});
  }

  model::Model& model() { return model_; }

 private:
  std::mt19937 random_;
  model::Model model_;
};

/// The shape of the reference network with random weights: [N, 1, 48, 48] -> seven logits [N, 7].
inline model::Model reference_model(unsigned seed = 1) {
  GraphBuilder graph({-1, 1, 48, 48}, seed);
  const std::map<std::string, model::Attribute> halve = {
      {"kernel_shape", std::vector<std::int64_t>{2, 2}},
      {"strides", std::vector<std::int64_t>{2, 2}}};
  struct Block {
    std::vector<std::int64_t> channels;  // before, between and after its convolutions
    std::int64_t first_kernel;
    bool has_norm;
  };
  const std::vector<Block> blocks = {{{1, 16, 16}, 5, true},
                                     {{16, 14, 14}, 3, true},
                                     {{14, 56, 56, 56}, 3, true},
                                     {{56, 252, 252, 252}, 3, false}};
  std::string value = "input";
  for (const Block& block : blocks) {
    for (std::size_t i = 0; i + 1 < block.channels.size(); ++i) {
      value = graph.conv(value, block.channels[i], block.channels[i + 1],
                         i == 0 ? block.first_kernel : 3);
      value = graph.node("Relu", {value});
    }
    if (block.has_norm) value = graph.batch_norm(value, block.channels.back());
    value = graph.node("MaxPool", {value}, halve);
  }
  value = graph.node("Flatten", {value});
  value = graph.node("Relu", {graph.dense(value, 2268, 343)});
  value = graph.node("Relu", {graph.dense(value, 343, 343)});
  value = graph.dense(value, 343, 7);
  graph.output(value, {-1, 7});
  return std::move(graph.model());
}

/// Normal noise with mean 0 and standard deviation 1.
inline std::vector<float> random_input(std::int64_t count, unsigned seed = 7) {
  std::mt19937 random(seed);
  std::normal_distribution<float> draw;
  std::vector<float> values(count);
  for (float& value : values) value = draw(random);
  return values;
}

}  // namespace mien::test
