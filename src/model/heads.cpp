#include "model/heads.hpp"

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "mien/error.hpp"

namespace mien::model {
namespace {

/// Removes the nodes that no output depends on, and their weights.
void remove_unused(Model& model) {
  std::set<std::string, std::less<>> used;
  for (const ValueInfo& output : model.outputs) used.insert(output.name);
  std::vector<Node> nodes;
  for (auto node = model.nodes.rbegin(); node != model.nodes.rend(); ++node) {
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
    throw Error(ErrorCode::kInvalidArgument, "unknown head '" + std::string(name) + "'; choose " +
                                                 base::join(head_names(model), ", "));
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
  if (!model.metadata.contains("labels." + chosen->name)) {
    throw Error(ErrorCode::kBadFormat, "model metadata 'labels." + chosen->name + "' is missing");
  }
  for (const std::string key : {"labels", "temperature"}) {
    auto previous = model.metadata.extract(key),
         next = model.metadata.extract(key + "." + chosen->name);
    if (previous) {
      previous.key() = key + "." + model.outputs.front().name;
      model.metadata.insert(std::move(previous));
    }
    if (next) {
      next.key() = key;
      model.metadata.insert(std::move(next));
    }
  }
  std::rotate(model.outputs.begin(), chosen, chosen + 1);
  return model;
}

void remove_head(Model& model, std::string_view name) {
  const auto found = find_head(model, name);
  if (found == model.outputs.begin())
    throw Error(ErrorCode::kInvalidArgument,
                "head '" + std::string(name) + "' is the default one and cannot be removed");
  ClassifierInfo info = read_classifier_info(model);
  if (const auto head = info.other_heads.find(name); head != info.other_heads.end())
    info.other_heads.erase(head);
  model.outputs.erase(found);
  write_classifier_info(model, info);
  remove_unused(model);
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
  const bool has_bias = node != model.nodes.end() && node->op_type == "Gemm" &&
                        node->inputs.size() == 3 && !node->attributes.contains("beta");
  const auto bias = has_bias ? std::ranges::find(model.initializers, node->inputs[2], &Tensor::name)
                             : model.initializers.end();
  if (bias == model.initializers.end() || bias->type != DataType::kFloat32 ||
      uses(bias->name) != 1) {
    throw Error(ErrorCode::kUnsupported,
                "head '" + output + "' must be computed by a Gemm with its own constant bias");
  }
  std::vector<float> values(bias->values<float>().begin(), bias->values<float>().end());
  if (values.size() != biases.size())
    throw Error(ErrorCode::kInvalidArgument,
                base::format("head '%s': %zu classes but %zu biases", output.c_str(), values.size(),
                             biases.size()));
  for (std::size_t c = 0; c < values.size(); ++c) values[c] += static_cast<float>(biases[c]);
  *bias = make_tensor<float>(bias->name, bias->shape, values);
}

SelectedHead select_head(Model model, std::string_view name, std::string_view preferred) {
  if (name.empty() && std::ranges::count(head_names(model), preferred) > 0) name = preferred;
  if (!name.empty()) model = with_default_head(std::move(model), name);
  ClassifierInfo info = read_classifier_info(model);
  if (model.outputs.size() > 1) {
    for (const auto& [other, head] : info.other_heads) {
      model.metadata.erase("labels." + other);
      model.metadata.erase("temperature." + other);
    }
    info.other_heads.clear();
    model.outputs.resize(1);
    remove_unused(model);
  }
  return {std::move(model), std::move(info)};
}

SelectedHead load_head(const std::filesystem::path& path, std::string_view name,
                       std::string_view preferred) {
  Model model = read_onnx(path);
  try {
    return select_head(std::move(model), name, preferred);
  } catch (const Error& error) {
    throw Error(error.code(), path.string() + ": " + error.what());
  }
}

}  // namespace mien::model
