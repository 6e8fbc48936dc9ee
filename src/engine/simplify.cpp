#include "engine/simplify.hpp"

#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <unordered_set>

#include "engine/attributes.hpp"
#include "engine/fold.hpp"

namespace mien::engine {
namespace {

using model::Node;
using model::Tensor;

/// Scale and shift of a channel: y = scale * x + shift.
struct ChannelAffine {
  std::vector<float> scale;
  std::vector<float> shift;
};

class Simplifier {
 public:
  explicit Simplifier(model::Model model) : model_(std::move(model)) {
    for (Tensor& tensor : model_.initializers) {
      const std::string name = tensor.name;
      constants_.emplace(name, std::move(tensor));
    }
    model_.initializers.clear();
  }

  model::Model run(NormPlacement norms) {
    count_uses();
    fold_constants();
    count_uses();
    normalize_dense();
    count_uses();
    for (std::size_t i = 0; i < model_.nodes.size(); ++i) {
      if (model_.nodes[i].op_type == "BatchNormalization") batch_norm(i);
    }
    std::erase_if(model_.nodes, [](const Node& node) { return node.op_type.empty(); });
    if (norms == NormPlacement::kAfterPools) move_norms_after_pools();
    keep_used_constants();
    return std::move(model_);
  }

 private:
  const Tensor* constant(const std::string& name) const {
    const auto found = constants_.find(name);
    return found == constants_.end() ? nullptr : &found->second;
  }

  const Tensor& weights(const Node& node, std::size_t index, std::size_t rank) const {
    const Tensor* tensor = index < node.inputs.size() ? constant(node.inputs[index]) : nullptr;
    if (tensor == nullptr) unsupported(node, "weights; must be constants");
    if (tensor->shape.size() != rank)
      malformed(node, "weights '" + tensor->name + "' have the wrong rank");
    return *tensor;
  }

  bool is_output(const std::string& name) const {
    return std::any_of(model_.outputs.begin(), model_.outputs.end(),
                       [&](const auto& o) { return o.name == name; });
  }

  /// Adds a constant under a name that no value has.
  std::string add_constant(const std::string& stem, Dims shape, std::span<const float> values) {
    std::string name = stem;
    while (constants_.contains(name) || uses_.contains(name)) name += "'";
    Tensor tensor = model::make_tensor<float>(name, std::move(shape), values);
    budget_.spend(tensor);
    constants_.emplace(name, std::move(tensor));
    return name;
  }

  /// Such as the mask of Dropout.
  bool uses_further_outputs(const Node& node) const {
    return std::any_of(node.outputs.begin() + 1, node.outputs.end(), [&](const std::string& name) {
      return !name.empty() && uses_.contains(name);
    });
  }

  void fold_constants() {
    std::unordered_map<std::string, std::string> renamed;
    std::vector<Node> kept;
    for (Node& node : model_.nodes) {
      for (std::string& name : node.inputs) {
        if (const auto found = renamed.find(name); found != renamed.end()) name = found->second;
      }
      if (uses_further_outputs(node)) {
        kept.push_back(std::move(node));
        continue;
      }
      const bool all_constant = std::all_of(
          node.inputs.begin(), node.inputs.end(),
          [&](const std::string& name) { return name.empty() || constants_.contains(name); });
      if (all_constant) {
        std::vector<const Tensor*> inputs;
        for (const std::string& name : node.inputs) inputs.push_back(constant(name));
        if (auto value = fold(node, inputs)) {
          value->name = node.outputs[0];
          budget_.spend(*value);
          constants_.insert_or_assign(node.outputs[0], std::move(*value));
          continue;
        }
      }
      const bool passes_through = node.op_type == "Identity" || node.op_type == "Dropout";
      if (passes_through && !is_output(node.outputs[0]) && !node.inputs.empty()) {
        renamed[node.outputs[0]] = node.inputs[0];
        continue;
      }
      kept.push_back(std::move(node));
    }
    model_.nodes = std::move(kept);
  }

  void normalize_dense() {
    for (Node& node : model_.nodes) {
      const Tensor* matrix = node.inputs.size() > 1 ? constant(node.inputs[1]) : nullptr;
      const bool is_f32_gemm = node.op_type == "Gemm" && matrix != nullptr &&
                               matrix->type == model::DataType::kFloat32 &&
                               matrix->shape.size() == 2;
      if (is_f32_gemm) normalize_gemm(node, *matrix);
    }
  }

  void normalize_gemm(Node& node, const Tensor& matrix) {
    const float alpha = float_attribute(node, "alpha", 1);
    const float beta = float_attribute(node, "beta", 1);
    if (integer_attribute(node, "transA", 0) != 0) unsupported(node, "transA");
    if (integer_attribute(node, "transB", 0) == 0) {
      node.inputs[1] = transposed(matrix, alpha, node.outputs[0] + "/weight");
    } else if (alpha != 1) {
      node.inputs[1] = scaled(matrix, alpha, node.outputs[0] + "/weight");
    }
    if (beta != 1 && node.inputs.size() > 2 && !node.inputs[2].empty()) {
      const Tensor* bias = constant(node.inputs[2]);
      if (bias == nullptr) unsupported(node, "bias; must be a constant");
      node.inputs[2] = scaled(*bias, beta, node.outputs[0] + "/bias");
    }
    node.attributes = {{"transB", std::int64_t{1}}};
  }

  std::string scaled(const Tensor& tensor, float factor, const std::string& stem) {
    const auto values = tensor.values<float>();
    std::vector<float> result(values.begin(), values.end());
    for (float& value : result) value *= factor;
    return add_constant(stem, tensor.shape, result);
  }

  std::string transposed(const Tensor& matrix, float factor, const std::string& stem) {
    const auto values = matrix.values<float>();
    const std::int64_t rows = matrix.shape[0];
    const std::int64_t columns = matrix.shape[1];
    std::vector<float> result(values.size());
    for (std::int64_t i = 0; i < rows; ++i) {
      for (std::int64_t j = 0; j < columns; ++j)
        result[j * rows + i] = factor * values[i * columns + j];
    }
    return add_constant(stem, {columns, rows}, result);
  }

  void count_uses() {
    uses_.clear();
    producers_.clear();
    for (std::size_t i = 0; i < model_.nodes.size(); ++i) {
      for (const std::string& name : model_.nodes[i].inputs) ++uses_[name];
      for (const std::string& name : model_.nodes[i].outputs) producers_[name] = i;
    }
    for (const model::ValueInfo& output : model_.outputs)
      uses_[output.name] += 2;  // never fused away
  }

  /// The node that computes the first input of `node`; null if something else uses that value, too.
  Node* only_producer(const Node& node) {
    if (node.inputs.empty()) return nullptr;
    const std::string& value = node.inputs[0];
    const auto found = producers_.find(value);
    if (value.empty() || found == producers_.end() || uses_[value] != 1) return nullptr;
    return &model_.nodes[found->second];
  }

  ChannelAffine affine(const Node& node) const {
    const auto gamma = weights(node, 1, 1).values<float>();
    const auto beta = weights(node, 2, 1).values<float>();
    const auto mean = weights(node, 3, 1).values<float>();
    const auto variance = weights(node, 4, 1).values<float>();
    if (beta.size() != gamma.size() || mean.size() != gamma.size() ||
        variance.size() != gamma.size()) {
      malformed(node, "parameters differ in length");
    }
    const float epsilon = float_attribute(node, "epsilon", 1e-5F);
    ChannelAffine result;
    for (std::size_t c = 0; c < gamma.size(); ++c) {
      const double scale = gamma[c] / std::sqrt(static_cast<double>(variance[c]) + epsilon);
      result.scale.push_back(static_cast<float>(scale));
      result.shift.push_back(static_cast<float>(beta[c] - mean[c] * scale));
    }
    return result;
  }

  static bool has_weights(const Node* node) {
    return node != nullptr && (node->op_type == "Conv" || node->op_type == "Gemm");
  }

  /// Folds a scale and a shift per output channel into the weights of a Conv or Gemm. False if its
  /// weights are not f32 constants with that many channels.
  bool absorb(Node& node, const ChannelAffine& affine, const std::string& stem) {
    const Tensor* tensor = node.inputs.size() > 1 ? constant(node.inputs[1]) : nullptr;
    const auto channels = static_cast<std::int64_t>(affine.scale.size());
    if (tensor == nullptr || tensor->type != model::DataType::kFloat32 ||
        tensor->shape.size() < 2 || tensor->shape[0] != channels) {
      return false;
    }
    std::vector<float> bias = affine.shift;
    if (node.inputs.size() > 2 && !node.inputs[2].empty()) {
      const Tensor* old = constant(node.inputs[2]);
      if (old == nullptr || old->element_count() != channels) return false;
      const auto values = old->values<float>();
      for (std::int64_t c = 0; c < channels; ++c) bias[c] += affine.scale[c] * values[c];
    }
    const auto values = tensor->values<float>();
    std::vector<float> scaled(values.begin(), values.end());
    const std::size_t per_channel = scaled.size() / std::max<std::int64_t>(channels, 1);
    for (std::size_t i = 0; i < scaled.size(); ++i) scaled[i] *= affine.scale[i / per_channel];
    node.inputs.resize(3);
    node.inputs[1] = add_constant(stem + "/weight", tensor->shape, scaled);
    node.inputs[2] = add_constant(stem + "/bias", {channels}, bias);
    return true;
  }

  void batch_norm(std::size_t index) {
    Node& node = model_.nodes[index];
    if (node.inputs.size() != 5) malformed(node, "must have 5 inputs");
    if (uses_further_outputs(node)) unsupported(node, "training outputs");
    ChannelAffine rest = affine(node);
    const std::string& stem = node.outputs[0];
    Node* producer = only_producer(node);
    if (has_weights(producer) && absorb(*producer, rest, stem)) {
      producer->outputs[0] = node.outputs[0];
      producers_[node.outputs[0]] = producer - model_.nodes.data();
      node.op_type.clear();
      return;
    }
    if (producer != nullptr && producer->op_type == "Relu") {
      Node* before = only_producer(*producer);
      const bool keeps_sign =
          std::all_of(rest.scale.begin(), rest.scale.end(), [](float s) { return s >= 0; });
      const ChannelAffine scale_only{rest.scale, std::vector<float>(rest.scale.size(), 0.0F)};
      if (keeps_sign && has_weights(before) && absorb(*before, scale_only, stem)) {
        rest.scale.assign(rest.scale.size(), 1.0F);
      }
    }
    write_affine(node, rest);
  }

  /// Makes a BatchNormalization compute scale * x + shift.
  void write_affine(Node& node, const ChannelAffine& affine) {
    const auto channels = static_cast<std::int64_t>(affine.scale.size());
    const std::string& stem = node.outputs[0];
    const std::vector<float> zeros(channels, 0.0F);
    const std::vector<float> ones(channels, 1.0F);
    node.inputs = {node.inputs[0], add_constant(stem + "/scale", {channels}, affine.scale),
                   add_constant(stem + "/shift", {channels}, affine.shift),
                   add_constant(stem + "/mean", {channels}, zeros),
                   add_constant(stem + "/variance", {channels}, ones)};
    node.attributes = {{"epsilon", 0.0F}};
  }

  /// A maximum commutes with a shift and a non-negative scale: x -> BatchNormalization -> a ->
  /// MaxPool -> y becomes x -> MaxPool -> a -> BatchNormalization -> y.
  void move_norms_after_pools() {
    count_uses();
    for (Node& pool : model_.nodes) {
      if (pool.op_type != "MaxPool" || pool.outputs.size() != 1) continue;
      Node* norm = only_producer(pool);
      if (norm == nullptr || norm->op_type != "BatchNormalization") continue;
      const auto scale = weights(*norm, 1, 1).values<float>();
      if (std::any_of(scale.begin(), scale.end(), [](float s) { return !(s >= 0); })) continue;
      pool.inputs[0] = norm->inputs[0];
      norm->inputs[0] = norm->outputs[0];
      std::swap(norm->outputs[0], pool.outputs[0]);
      std::swap(*norm, pool);
      count_uses();
    }
  }

  void keep_used_constants() {
    count_uses();
    for (auto& [name, tensor] : constants_) {
      if (uses_.contains(name)) model_.initializers.push_back(std::move(tensor));
    }
    std::sort(model_.initializers.begin(), model_.initializers.end(),
              [](const Tensor& a, const Tensor& b) { return a.name < b.name; });
  }

  model::Model model_;
  ConstantBudget budget_;
  std::unordered_map<std::string, Tensor> constants_;
  std::unordered_map<std::string, int> uses_;
  std::unordered_map<std::string, std::size_t> producers_;
};

}  // namespace

model::Model simplify(model::Model model, NormPlacement norms) {
  return Simplifier(std::move(model)).run(norms);
}

}  // namespace mien::engine
