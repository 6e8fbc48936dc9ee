#include "model/heads.hpp"

#include <algorithm>
#include <set>

#include "mien/error.hpp"
#include "model/classifier.hpp"

namespace mien::model {
namespace {

/// Leaves out the nodes whose values lead to no output, and the weights that nothing uses then.
void remove_unused(Model& model) {
  std::set<std::string, std::less<>> used;
  for (const ValueInfo& output : model.outputs) used.insert(output.name);
  std::vector<Node> nodes;
  for (auto node = model.nodes.rbegin(); node != model.nodes.rend();
       ++node) {  // topological order, from the end
    const auto is_used = [&](const std::string& value) { return used.contains(value); };
    if (std::none_of(node->outputs.begin(), node->outputs.end(), is_used)) continue;
    used.insert(node->inputs.begin(), node->inputs.end());
    nodes.push_back(std::move(*node));
  }
  std::reverse(nodes.begin(), nodes.end());
  model.nodes = std::move(nodes);
  std::erase_if(model.initializers,
                [&](const Tensor& tensor) { return !used.contains(tensor.name); });
}

auto find_head(Model& model, std::string_view name) {
  const auto found = std::find_if(model.outputs.begin(), model.outputs.end(),
                                  [&](const ValueInfo& o) { return o.name == name; });
  if (found == model.outputs.end()) {
    std::string known;
    for (const std::string& head : head_names(model)) known += (known.empty() ? "" : ", ") + head;
    throw Error(ErrorCode::kInvalidArgument,
                "the model has no head '" + std::string(name) + "': there are " + known);
  }
  return found;
}

}  // namespace

std::vector<std::string> head_names(const Model& model) {
  std::vector<std::string> names;
  for (const ValueInfo& output : model.outputs) names.push_back(output.name);
  return names;
}

Model with_default_head(Model model, std::string_view name) {
  const auto chosen = find_head(model, name);
  if (chosen == model.outputs.begin()) return model;
  ClassifierInfo info = read_classifier_info(model);
  const auto head = info.other_heads.find(name);
  if (head == info.other_heads.end()) {
    throw Error(ErrorCode::kBadFormat,
                "model metadata 'labels." + std::string(name) + "' is missing");
  }
  info.other_heads[model.outputs.front().name] = {info.labels, info.temperature};
  info.labels = head->second.labels;
  info.temperature = head->second.temperature;
  info.other_heads.erase(head);
  std::rotate(model.outputs.begin(), chosen, chosen + 1);
  write_classifier_info(model, info);
  return model;
}

void add_biases(Model& model, std::string_view head, std::span<const double> biases) {
  const std::string output = find_head(model, head)->name;
  const auto node = std::find_if(model.nodes.begin(), model.nodes.end(), [&](const Node& n) {
    return std::ranges::count(n.outputs, output) > 0;
  });
  const auto uses = [&](const std::string& value) {
    std::ptrdiff_t count = 0;
    for (const Node& other : model.nodes) count += std::ranges::count(other.inputs, value);
    return count;
  };
  const bool is_plain = node != model.nodes.end() && node->op_type == "Gemm" &&
                        node->inputs.size() == 3 && !node->attributes.contains("beta");
  const auto bias = is_plain ? std::ranges::find(model.initializers, node->inputs[2], &Tensor::name)
                             : model.initializers.end();
  if (bias == model.initializers.end() || bias->type != DataType::kFloat32 ||
      uses(bias->name) != 1) {
    throw Error(ErrorCode::kUnsupported, "the head '" + output +
                                             "' is not made by a Gemm with a constant bias of its "
                                             "own: there is nothing to add biases to");
  }
  std::vector<float> values(bias->values<float>().begin(), bias->values<float>().end());
  if (values.size() != biases.size())
    throw Error(ErrorCode::kInvalidArgument,
                "the head '" + output + "' has another number of classes than there are biases");
  for (std::size_t c = 0; c < values.size(); ++c) values[c] += static_cast<float>(biases[c]);
  *bias = make_tensor<float>(bias->name, bias->shape, values);
}

Model select_head(Model model, std::string_view name) {
  if (model.outputs.size() < 2 && name.empty()) return model;
  model = with_default_head(std::move(model),
                            name.empty() ? model.outputs.at(0).name : std::string(name));
  ClassifierInfo info = read_classifier_info(model);
  info.other_heads.clear();
  model.outputs.resize(1);
  write_classifier_info(model, info);
  remove_unused(model);
  return model;
}

}  // namespace mien::model
