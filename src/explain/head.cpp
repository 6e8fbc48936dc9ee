#include "explain/head.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "engine/attributes.hpp"
#include "explain/layers.hpp"
#include "mien/error.hpp"

namespace mien::explain {
namespace {

using model::DataType;
using model::Node;
using model::Tensor;

template <class T>
std::vector<float> as_floats(const Tensor& tensor) {
  const auto values = tensor.values<T>();
  return {values.begin(), values.end()};
}

Array to_array(const Tensor& tensor) {
  switch (tensor.type) {
    case DataType::kFloat32:
      return {tensor.shape, as_floats<float>(tensor)};
    case DataType::kUint8:
      return {tensor.shape, as_floats<std::uint8_t>(tensor)};
    case DataType::kInt8:
      return {tensor.shape, as_floats<std::int8_t>(tensor)};
    case DataType::kInt32:
      return {tensor.shape, as_floats<std::int32_t>(tensor)};
    case DataType::kInt64:
      return {tensor.shape, as_floats<std::int64_t>(tensor)};
  }
  return {};
}

/// scale * (stored - zero point), one of each for all or along `axis`.
Array dequantized(const Node& node, const Array& stored, const Array& scale,
                  const Array* zero_point) {
  const auto axis = static_cast<std::size_t>(engine::integer_attribute(node, "axis", 1));
  const auto is_single = [](const Array& array) { return array.values.size() == 1; };
  if (!is_single(scale) && (axis >= stored.shape.size() ||
                            static_cast<std::int64_t>(scale.values.size()) != stored.shape[axis])) {
    engine::malformed(node, "has scales that do not fit");
  }
  std::size_t inner = 1;
  for (std::size_t i = axis + 1; i < stored.shape.size(); ++i)
    inner *= static_cast<std::size_t>(stored.shape[i]);
  Array out = stored;
  for (std::size_t i = 0; i < out.values.size(); ++i) {
    const std::size_t channel = is_single(scale) ? 0 : i / inner % scale.values.size();
    const float zero =
        zero_point == nullptr ? 0 : zero_point->values[is_single(*zero_point) ? 0 : channel];
    out.values[i] = scale.values[channel] * (out.values[i] - zero);
  }
  return out;
}

void add_to(Array& sum, const Array& term) {
  if (sum.values.empty())
    sum = term;
  else
    for (std::size_t i = 0; i < sum.values.size(); ++i) sum.values[i] += term.values[i];
}

}  // namespace

Head::Head(model::Model graph) : graph_(std::move(graph)) {
  if (graph_.inputs.size() != 1 || graph_.outputs.size() != 1) {
    throw Error(ErrorCode::kInvalidArgument,
                base::format("a head must have one input and one output, not %zu and %zu",
                             graph_.inputs.size(), graph_.outputs.size()));
  }
  for (const Tensor& tensor : graph_.initializers) constants_[tensor.name] = to_array(tensor);
  graph_.initializers.clear();
  std::erase_if(graph_.nodes, [this](const Node& node) {
    if (node.op_type != "DequantizeLinear" || !constants_.contains(node.inputs[0])) return false;
    const Array* zero_point = node.inputs.size() > 2 ? &constants_.at(node.inputs[2]) : nullptr;
    constants_[node.outputs[0]] =
        dequantized(node, constants_.at(node.inputs[0]), constants_.at(node.inputs[1]), zero_point);
    return true;
  });
  for (const Node& node : graph_.nodes) {
    if (find_layer(node.op_type) == nullptr)
      engine::unsupported(node, "Grad-CAM does not know the derivative of this layer");
  }
}

Head::Derivative Head::differentiate(const Array& input, std::size_t which) const {
  std::map<std::string, Array> values = {{graph_.inputs[0].name, input}};
  const auto find = [&](const std::string& name) -> const Array* {
    if (name.empty()) return nullptr;
    const auto constant = constants_.find(name);
    return constant != constants_.end() ? &constant->second : &values.at(name);
  };
  const auto inputs_of = [&](const Node& node) {
    std::vector<const Array*> inputs;
    for (const std::string& name : node.inputs) inputs.push_back(find(name));
    return inputs;
  };
  for (const Node& node : graph_.nodes) {
    values[node.outputs[0]] = find_layer(node.op_type)->forward(node, inputs_of(node));
  }
  const Array& output = values.at(graph_.outputs[0].name);
  if (which >= output.values.size())
    throw Error(ErrorCode::kInvalidArgument, "the head has no such output");

  std::map<std::string, Array> gradients;
  Array& seed = gradients[graph_.outputs[0].name] = zeros(output.shape);
  seed.values[which] = 1;
  for (auto node = graph_.nodes.rbegin(); node != graph_.nodes.rend(); ++node) {
    const auto gradient = gradients.find(node->outputs[0]);
    if (gradient == gradients.end()) continue;
    const std::vector<Array> parts =
        find_layer(node->op_type)->backward(*node, inputs_of(*node), gradient->second);
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (!parts[i].values.empty() && !constants_.contains(node->inputs[i]))
        add_to(gradients[node->inputs[i]], parts[i]);
    }
  }
  Array& gradient = gradients[graph_.inputs[0].name];
  if (gradient.values.empty()) gradient = zeros(input.shape);
  return {output.values, std::move(gradient)};
}

}  // namespace mien::explain
