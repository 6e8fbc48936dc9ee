#include "engine/plan.hpp"

#include <algorithm>

#include "engine/planner.hpp"

namespace mien::engine {
namespace {

using model::Node;
using model::Tensor;

/// Elements of one activation; 1 GB of f32.
constexpr std::int64_t kMaxElements = std::int64_t{1} << 28;

constexpr const char* kFoldedOnly[] = {"Shape", "Constant", "Gather", "ConstantOfShape"};

Lowering find_lowering(const std::string& op_type) {
  for (const auto find : {find_layer, find_elementwise, find_rearrangement, find_quantization}) {
    if (const Lowering lowering = find(op_type)) return lowering;
  }
  return nullptr;
}

}  // namespace

Planner::Planner(const model::Model& model, const InputShape& shape, Arithmetic arithmetic)
    : model_(model), shape_(shape), arithmetic_(arithmetic) {}

bool Planner::has_input(const Node& node, std::size_t index) {
  return index < node.inputs.size() && !node.inputs[index].empty();
}

int Planner::find(const std::string& name) const {
  if (const auto found = ids_.find(name); found != ids_.end()) return found->second;
  for (const Node& node : model_.nodes) {
    if (std::find(node.outputs.begin(), node.outputs.end(), name) != node.outputs.end()) {
      unsupported(node, "output '" + name + "'");
    }
  }
  throw Error(ErrorCode::kBadFormat, "no node computes '" + name + "'");
}

const Tensor& Planner::keep(Tensor constant) {
  budget_.spend(constant);
  plan_.constants.push_back(std::move(constant));
  return plan_.constants.back();
}

int Planner::operand(const Node& node, std::size_t index) const {
  if (!has_input(node, index)) malformed(node, "missing input " + std::to_string(index));
  return find(node.inputs[index]);
}

int Planner::float_input(const Node& node, std::size_t index) {
  const int id = operand(node, index);
  if (known(id) != nullptr) unsupported(node, "constant as input " + std::to_string(index));
  if (value(id).type != model::DataType::kFloat32) unsupported(node, "8-bit input");
  return float_input(id);
}

int Planner::float_input(int id) {
  const auto source = dequantized_.find(id);
  if (source == dequantized_.end()) return id;
  const auto known = float_values_.find(source->second);
  if (known != float_values_.end()) return known->second;
  const Value from = value(source->second);
  plan_.values.push_back({from.name, from.shape});
  const int made = static_cast<int>(plan_.values.size()) - 1;
  plan_.values[made].producer = static_cast<int>(plan_.steps.size());
  plan_.steps.push_back({Requantize{},
                         "conversion of '" + from.name + "'",
                         from.name,
                         {source->second},
                         made,
                         {},
                         {}});
  float_values_[source->second] = made;
  return made;
}

int Planner::quantized(int id) const {
  const auto found = dequantized_.find(id);
  return found == dequantized_.end() ? -1 : found->second;
}

const QuantizedConstant* Planner::quantized_constant(int id) const {
  const auto found = quantized_constants_.find(id);
  return found == quantized_constants_.end() ? nullptr : &found->second;
}

const Tensor* Planner::known(int id) {
  const QuantizedConstant* source = quantized_constant(id);
  if (source == nullptr || value(id).constant != nullptr) return value(id).constant;
  const Value stored = value(source->stored);
  const std::vector<std::int64_t> values = integers(*stored.constant);
  std::int64_t inner = 1;
  for (std::size_t axis = source->axis + 1; axis < stored.shape.size(); ++axis)
    inner *= stored.shape[axis];
  std::vector<float> reals;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t at = source->scales.size() == 1 ? 0 : i / inner % source->scales.size();
    reals.push_back(source->scales[at] * static_cast<float>(values[i] - source->zero_points[at]));
  }
  plan_.values[id].constant = &keep(model::make_tensor<float>(value(id).name, stored.shape, reals));
  return value(id).constant;
}

const Tensor* Planner::constant(const Node& node, std::size_t index) {
  if (!has_input(node, index)) return nullptr;
  const Tensor* tensor = known(operand(node, index));
  if (tensor == nullptr)
    unsupported(node, "input " + std::to_string(index) + "; must be a constant");
  return tensor;
}

int Planner::add_value(const Node& node, Dims shape) {
  std::int64_t count = 1;
  for (const std::int64_t dimension : shape) {
    if (dimension <= 0) {
      throw Error(ErrorCode::kInvalidArgument, node.description() + ": empty output (" +
                                                   to_string(shape) +
                                                   "); the input is too small for this model");
    }
    if (__builtin_mul_overflow(count, dimension, &count) || count > kMaxElements) {
      throw Error(ErrorCode::kTooLarge,
                  node.description() + ": output is too large (" + to_string(shape) + ")");
    }
  }
  plan_.values.push_back({node.outputs[0], std::move(shape)});
  return static_cast<int>(plan_.values.size()) - 1;
}

int Planner::add_constant(Tensor tensor) {
  const Tensor& kept = keep(std::move(tensor));
  plan_.values.push_back({kept.name, kept.shape, &kept});
  return static_cast<int>(plan_.values.size()) - 1;
}

int Planner::emit(const Node& node, Operation operation, std::vector<int> inputs, Dims shape) {
  const int output = add_value(node, std::move(shape));
  plan_.values[output].producer = static_cast<int>(plan_.steps.size());
  plan_.steps.push_back({std::move(operation),
                         node.description(),
                         node.name.empty() ? node.outputs[0] : node.name,
                         std::move(inputs),
                         output,
                         {},
                         {}});
  return output;
}

void Planner::define(const Node& node, int id, std::size_t index) {
  if (index >= node.outputs.size()) malformed(node, "missing output");
  const std::string& name = node.outputs[index];
  plan_.values[id].name = name;
  ids_[name] = id;
  if (const auto found = uses_.find(name); found != uses_.end()) value_uses_[id] += found->second;
}

void Planner::define_dequantized(const Node& node, int quantized) {
  const int id = add_value(node, value(quantized).shape);
  dequantized_[id] = quantized;
  define(node, id);
  float_input(id);  // before the layers that may add it; removed if unused
}

int Planner::view_operand(const Node& node) {
  const int source = quantized(operand(node, 0));
  return source >= 0 ? source : float_input(node, 0);
}

int Planner::emit_view(const Node& node, Operation operation, int input, Dims shape) {
  const int output = emit(node, std::move(operation), {input}, std::move(shape));
  plan_.values[output].type = value(input).type;
  plan_.values[output].quantization = value(input).quantization;
  return output;
}

void Planner::define_view(const Node& node, int id) {
  if (value(id).type == model::DataType::kFloat32) {
    define(node, id);
  } else {
    define_dequantized(node, id);
  }
}

/// Values without a name are intermediate values of one lowering, which uses them once.
bool Planner::used_once(int id) const {
  const auto found = value_uses_.find(id);
  return found == value_uses_.end() || found->second <= 1;
}

Step* Planner::fusible(int id) {
  const int producer = value(id).producer;
  if (producer < 0 || !used_once(id)) return nullptr;
  Step& step = plan_.steps[producer];
  if (value(id).type != model::DataType::kFloat32 || step.output != id || step.post_ops.size() >= 8)
    return nullptr;
  const bool takes_post_ops = std::holds_alternative<Convolution>(step.operation) ||
                              std::holds_alternative<Dense>(step.operation) ||
                              std::holds_alternative<Pool>(step.operation) ||
                              std::holds_alternative<Binary>(step.operation);
  return takes_post_ops ? &step : nullptr;
}

Step* Planner::fusible_behind_views(int id) {
  while (value(id).producer >= 0 && used_once(id) && value(id).type == model::DataType::kFloat32) {
    Step& step = plan_.steps[value(id).producer];
    if (!std::holds_alternative<Reshape>(step.operation) &&
        !std::holds_alternative<Transpose>(step.operation))
      break;
    id = step.inputs[0];
  }
  return fusible(id);
}

int Planner::fused(int id) {
  value_uses_[id] = 0;
  return id;
}

int Planner::eltwise(const Node& node, int input, dnnl::algorithm algorithm, float alpha,
                     float beta) {
  if (Step* step = fusible_behind_views(input);
      step != nullptr && takes_eltwise(*step, algorithm)) {
    append_eltwise(*step, algorithm, alpha, beta);
    return fused(input);
  }
  return emit(node, Eltwise{algorithm, alpha, beta}, {input}, value(input).shape);
}

int Planner::per_channel(const Node& node, int input, dnnl::algorithm algorithm, int constant) {
  if (Step* step = fusible(input)) {
    step->post_ops.push_back({PostOp::Kind::kBinary, algorithm, 0, 0, constant});
    return fused(input);
  }
  return emit(node, Binary{algorithm}, {input, constant}, value(input).shape);
}

int Planner::reshape(const Node& node, int input, Dims shape) {
  if (value(input).shape == shape) return input;
  if (product(shape) != product(value(input).shape)) {
    throw Error(ErrorCode::kInvalidArgument, node.description() + ": cannot reshape " +
                                                 to_string(value(input).shape) + " to " +
                                                 to_string(shape));
  }
  return emit_view(node, Reshape{}, input, std::move(shape));
}

void Planner::define_dequantized(const Node& node, QuantizedConstant constant) {
  plan_.values.push_back({node.outputs[0], value(constant.stored).shape});
  const int id = static_cast<int>(plan_.values.size()) - 1;
  quantized_constants_[id] = std::move(constant);
  define(node, id);
}

bool Planner::fold_node(const Node& node) {
  if (node.op_type == "Shape") {
    const Dims& shape = value(operand(node, 0)).shape;
    Tensor tensor = model::make_tensor<std::int64_t>(
        node.outputs[0], {static_cast<std::int64_t>(shape.size())}, shape);
    define(node, add_constant(std::move(tensor)));
    return true;
  }
  std::vector<const Tensor*> inputs;
  for (const std::string& name : node.inputs) {
    inputs.push_back(name.empty() ? nullptr : value(find(name)).constant);
    if (!name.empty() && inputs.back() == nullptr) return false;
  }
  auto tensor = fold(node, inputs);
  if (!tensor) return false;
  tensor->name = node.outputs[0];
  define(node, add_constant(std::move(*tensor)));
  return true;
}

void Planner::drop_dead_steps() {
  std::vector<bool> used(plan_.values.size(), false);
  for (const int output : plan_.outputs) used[output] = true;
  std::vector<Step> kept;
  for (auto step = plan_.steps.rbegin(); step != plan_.steps.rend(); ++step) {
    if (!used[step->output]) continue;
    for (const int input : step->inputs) used[input] = true;
    for (const PostOp& post_op : step->post_ops) {
      if (post_op.value >= 0) used[post_op.value] = true;
    }
    kept.push_back(std::move(*step));
  }
  std::reverse(kept.begin(), kept.end());
  plan_.steps = std::move(kept);
  for (std::size_t i = 0; i < plan_.steps.size(); ++i)
    plan_.values[plan_.steps[i].output].producer = static_cast<int>(i);
}

Plan Planner::run() {
  for (const Node& node : model_.nodes) {
    for (const std::string& name : node.inputs) ++uses_[name];
  }
  for (const model::ValueInfo& output : model_.outputs) uses_[output.name] += 2;

  plan_.values.push_back({model_.inputs.at(0).name, Dims(shape_.begin(), shape_.end())});
  plan_.input = 0;
  ids_[model_.inputs[0].name] = 0;
  for (const Tensor& tensor : model_.initializers) {
    ids_[tensor.name] = static_cast<int>(plan_.values.size());
    plan_.values.push_back({tensor.name, tensor.shape, &tensor});
  }
  for (const Node& node : model_.nodes) {
    if (fold_node(node)) continue;
    const Lowering lowering = find_lowering(node.op_type);
    if (lowering == nullptr) unsupported(node, "operator for inputs that are not constant");
    lowering(*this, node);
  }
  for (const model::ValueInfo& output : model_.outputs) {
    const int id = find(output.name);
    known(id);
    if (value(id).constant == nullptr && value(id).type != model::DataType::kFloat32) {
      throw Error(ErrorCode::kUnsupported, "output '" + output.name + "' must be f32");
    }
    plan_.outputs.push_back(float_input(id));
  }
  drop_dead_steps();
  return std::move(plan_);
}

/// If two post-ops have the same algorithm, oneDNN 2.6 uses the parameters of the last one for
/// both, because it keeps its injectors by algorithm (openvinotoolkit/oneDNN, pull request 157).
bool takes_eltwise(const Step& step, dnnl::algorithm algorithm) {
  const auto is_same = [&](const PostOp& op) {
    return op.kind == PostOp::Kind::kEltwise && op.algorithm == algorithm;
  };
  if (step.post_ops.empty()) return true;
  const bool joins = algorithm == dnnl::algorithm::eltwise_linear && is_same(step.post_ops.back());
  return joins || std::none_of(step.post_ops.begin(), step.post_ops.end(), is_same);
}

void append_eltwise(Step& step, dnnl::algorithm algorithm, float alpha, float beta) {
  if (algorithm == dnnl::algorithm::eltwise_linear && !step.post_ops.empty()) {
    PostOp& last = step.post_ops.back();
    if (last.kind == PostOp::Kind::kEltwise && last.algorithm == algorithm) {
      last.beta = alpha * last.beta + beta;
      last.alpha *= alpha;
      return;
    }
  }
  step.post_ops.push_back({PostOp::Kind::kEltwise, algorithm, alpha, beta, -1});
}

Plan make_plan(const model::Model& model, const InputShape& shape, Arithmetic arithmetic) {
  if (model.inputs.size() != 1)
    throw Error(ErrorCode::kUnsupported, "the model must have one input");
  const model::ValueInfo& input = model.inputs[0];
  if (input.type != model::DataType::kFloat32) {
    throw Error(ErrorCode::kUnsupported, "input '" + input.name + "' must be f32");
  }
  for (const std::int64_t dimension : shape) {
    if (dimension <= 0)
      throw Error(ErrorCode::kInvalidArgument, "the dimensions of the input must be positive");
  }
  return Planner(model, shape, arithmetic).run();
}

bool is_supported(const std::string& op_type) {
  return find_lowering(op_type) != nullptr ||
         std::find(std::begin(kFoldedOnly), std::end(kFoldedOnly), op_type) !=
             std::end(kFoldedOnly);
}

}  // namespace mien::engine
