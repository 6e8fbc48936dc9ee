#include "model/subgraph.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "mien/error.hpp"

namespace mien::model {
namespace {

const std::string& only_input(const Model& model) {
  if (model.inputs.size() != 1)
    throw Error(ErrorCode::kInvalidArgument, "the graph must have one input");
  return model.inputs[0].name;
}

}  // namespace

Model subgraph(const Model& model, const std::string& from, std::span<const std::string> to) {
  std::unordered_set<std::string> wanted(to.begin(), to.end());
  wanted.erase(from);
  Model part{.graph_name = model.graph_name, .opset = model.opset};
  for (auto node = model.nodes.rbegin(); node != model.nodes.rend(); ++node) {
    const auto is_wanted = [&](const std::string& name) { return wanted.contains(name); };
    if (std::none_of(node->outputs.begin(), node->outputs.end(), is_wanted)) continue;
    for (const std::string& name : node->outputs) wanted.erase(name);
    for (const std::string& name : node->inputs) {
      if (!name.empty() && name != from) wanted.insert(name);
    }
    part.nodes.push_back(*node);
  }
  std::reverse(part.nodes.begin(), part.nodes.end());
  for (const Tensor& tensor : model.initializers) {
    if (wanted.erase(tensor.name) > 0) part.initializers.push_back(tensor);
  }
  if (!wanted.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                "'" + *wanted.begin() + "' cannot be computed from '" + from + "'");
  }
  const auto stated = std::find_if(model.inputs.begin(), model.inputs.end(),
                                   [&](const auto& i) { return i.name == from; });
  part.inputs = {stated != model.inputs.end() ? *stated : ValueInfo{from, DataType::kFloat32, {}}};
  for (const std::string& name : to) part.outputs.push_back({name, DataType::kFloat32, {}});
  return part;
}

std::vector<std::string> bottlenecks(const Model& model, const std::string& output) {
  const std::string& input = only_input(model);
  const std::vector<Node> nodes = subgraph(model, input, std::span(&output, 1)).nodes;
  std::unordered_map<std::string, std::size_t> last_use = {{output, nodes.size()}};
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    for (const std::string& name : nodes[i].inputs)
      last_use.try_emplace(name, i).first->second = std::max(last_use[name], i);
  }
  // Computed values that depend on the input and are still needed.
  std::unordered_set<std::string> live = {input};
  std::vector<std::string> narrow;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const Node& node = nodes[i];
    const bool varies = std::any_of(node.inputs.begin(), node.inputs.end(),
                                    [&](const auto& name) { return live.contains(name); });
    if (!varies) continue;
    for (const std::string& name : node.inputs) {
      if (last_use[name] == i) live.erase(name);
    }
    for (const std::string& name : node.outputs) {
      if (last_use.contains(name)) live.insert(name);
    }
    if (live.size() == 1) narrow.push_back(*live.begin());
  }
  return narrow;
}

}  // namespace mien::model
