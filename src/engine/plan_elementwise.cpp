#include <algorithm>
#include <limits>

#include "engine/planner.hpp"

namespace mien::engine {
namespace {

using dnnl::algorithm;
using model::Node;
using model::Tensor;

void unary(Planner& planner, const Node& node) {
  const std::string& op = node.op_type;
  const int input = planner.float_input(node, 0);
  const auto define = [&](algorithm function, float alpha = 0, float beta = 0) {
    planner.define(node, planner.eltwise(node, input, function, alpha, beta));
  };
  if (op == "Relu") return define(algorithm::eltwise_relu);
  if (op == "LeakyRelu")
    return define(algorithm::eltwise_relu, float_attribute(node, "alpha", 0.01F));
  if (op == "Elu") return define(algorithm::eltwise_elu, float_attribute(node, "alpha", 1));
  if (op == "Sigmoid") return define(algorithm::eltwise_logistic);
  if (op == "Tanh") return define(algorithm::eltwise_tanh);
  if (op == "Exp") return define(algorithm::eltwise_exp);
  if (op == "Sqrt") return define(algorithm::eltwise_sqrt);
  if (op == "Abs") return define(algorithm::eltwise_abs);
  if (op == "Neg") return define(algorithm::eltwise_linear, -1, 0);
  if (op == "Softplus") return define(algorithm::eltwise_soft_relu);
  if (op == "HardSwish") return define(algorithm::eltwise_hardswish);
  if (op == "HardSigmoid") {
    const float alpha = float_attribute(node, "alpha", 0.2F);
    const float beta = float_attribute(node, "beta", 0.5F);
    const int line = planner.eltwise(node, input, algorithm::eltwise_linear, alpha, beta);
    return planner.define(node, planner.eltwise(node, line, algorithm::eltwise_clip, 0, 1));
  }
}

void clip(Planner& planner, const Node& node) {
  const auto bound = [&](std::size_t index, const char* name, float fallback) {
    const Tensor* tensor = planner.constant(node, index);
    if (tensor == nullptr) return float_attribute(node, name, fallback);
    if (tensor->element_count() != 1)
      malformed(node, std::string("'") + name + "' must have one element");
    return tensor->values<float>()[0];
  };
  const float low = bound(1, "min", std::numeric_limits<float>::lowest());
  const float high = bound(2, "max", std::numeric_limits<float>::max());
  planner.define(node, planner.eltwise(node, planner.float_input(node, 0), algorithm::eltwise_clip,
                                       low, high));
}

algorithm binary_algorithm(const std::string& op) {
  if (op == "Add") return algorithm::binary_add;
  if (op == "Sub") return algorithm::binary_sub;
  if (op == "Mul") return algorithm::binary_mul;
  if (op == "Div") return algorithm::binary_div;
  if (op == "Max") return algorithm::binary_max;
  if (op == "Min") return algorithm::binary_min;
  return algorithm::undef;
}

/// The shape with leading ones, up to a rank.
Dims padded(Dims shape, std::size_t rank) {
  shape.insert(shape.begin(), rank - std::min(rank, shape.size()), 1);
  return shape;
}

bool is_per_channel(const Dims& operand, const Dims& shape) {
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    if (operand[axis] != (axis == 1 ? shape[1] : 1)) return false;
  }
  return shape.size() >= 2;
}

/// Whether `operand` can be broadcast to `shape`, of the same rank.
bool broadcasts(const Dims& operand, const Dims& shape) {
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    if (operand[axis] != shape[axis] && operand[axis] != 1) return false;
  }
  return true;
}

/// x op c with a number c, or c op x if the constant comes first.
int with_number(Planner& planner, const Node& node, int input, float c, bool constant_first) {
  const std::string& op = node.op_type;
  const auto linear = [&](float alpha, float beta) {
    return planner.eltwise(node, input, algorithm::eltwise_linear, alpha, beta);
  };
  if (op == "Add") return linear(1, c);
  if (op == "Sub") return constant_first ? linear(-1, c) : linear(1, -c);
  if (op == "Mul") return linear(c, 0);
  if (op == "Div") {
    return constant_first ? planner.eltwise(node, input, algorithm::eltwise_pow, c, -1)
                          : linear(1 / c, 0);
  }
  constexpr float kLowest = std::numeric_limits<float>::lowest();
  constexpr float kHighest = std::numeric_limits<float>::max();
  return op == "Max" ? planner.eltwise(node, input, algorithm::eltwise_clip, c, kHighest)
                     : planner.eltwise(node, input, algorithm::eltwise_clip, kLowest, c);
}

int with_constant(Planner& planner, const Node& node, int input, const Tensor& constant,
                  bool constant_first) {
  if (constant.type != model::DataType::kFloat32) unsupported(node, "constant; must be f32");
  Dims shape = planner.value(input).shape;
  if (constant.element_count() == 1 && constant.shape.size() <= shape.size()) {
    return with_number(planner, node, input, constant.values<float>()[0], constant_first);
  }
  if (constant.shape.size() > shape.size()) {
    shape = padded(shape, constant.shape.size());
    input = planner.reshape(node, input, shape);
  }
  Tensor operand = constant;
  operand.name = node.outputs[0] + "/operand";
  operand.shape = padded(constant.shape, shape.size());
  if (!broadcasts(operand.shape, shape))
    unsupported(node, "broadcast of the input to the shape of a constant");
  algorithm function = binary_algorithm(node.op_type);
  if (constant_first && node.op_type == "Div")
    unsupported(node, "division of a constant tensor by a computed one");
  if (constant_first && node.op_type == "Sub") {
    input = planner.emit(node, Eltwise{algorithm::eltwise_linear, -1, 0}, {input}, shape);
    function = algorithm::binary_add;
  }
  const int id = planner.add_constant(std::move(operand));
  if (is_per_channel(planner.value(id).shape, shape))
    return planner.per_channel(node, input, function, id);
  return planner.emit(node, Binary{function}, {input, id}, shape);
}

int of_two(Planner& planner, const Node& node, int a, int b) {
  const std::size_t rank = std::max(planner.value(a).shape.size(), planner.value(b).shape.size());
  a = planner.reshape(node, a, padded(planner.value(a).shape, rank));
  b = planner.reshape(node, b, padded(planner.value(b).shape, rank));
  const Dims shape = planner.value(a).shape;
  if (node.op_type == "Add" && shape == planner.value(b).shape && a != b) {
    // The later step adds the result of the earlier one.
    if (planner.value(a).producer < planner.value(b).producer) std::swap(a, b);
    Step* step = planner.fusible(a);
    const auto is_sum = [](const PostOp& op) { return op.kind == PostOp::Kind::kSum; };
    if (step != nullptr && !std::holds_alternative<Pool>(step->operation) &&
        std::none_of(step->post_ops.begin(), step->post_ops.end(), is_sum)) {
      step->post_ops.push_back({PostOp::Kind::kSum, algorithm::undef, 1, 0, b});
      return planner.fused(a);
    }
  }
  if (broadcasts(planner.value(b).shape, planner.value(a).shape)) {
    return planner.emit(node, Binary{binary_algorithm(node.op_type)}, {a, b},
                        planner.value(a).shape);
  }
  const bool commutes = node.op_type != "Sub" && node.op_type != "Div";
  if (commutes && broadcasts(planner.value(a).shape, planner.value(b).shape)) {
    return planner.emit(node, Binary{binary_algorithm(node.op_type)}, {b, a},
                        planner.value(b).shape);
  }
  unsupported(node, "operand shapes " + to_string(planner.value(a).shape) + " and " +
                        to_string(planner.value(b).shape));
}

void binary(Planner& planner, const Node& node) {
  if (node.inputs.size() != 2)
    unsupported(node, "number of inputs " + std::to_string(node.inputs.size()) + "; must be 2");
  const int a = planner.operand(node, 0);
  const int b = planner.operand(node, 1);
  if (const Tensor* constant = planner.known(b)) {
    planner.define(node,
                   with_constant(planner, node, planner.float_input(node, 0), *constant, false));
  } else if (const Tensor* first = planner.known(a)) {
    planner.define(node, with_constant(planner, node, planner.float_input(node, 1), *first, true));
  } else {
    planner.define(
        node, of_two(planner, node, planner.float_input(node, 0), planner.float_input(node, 1)));
  }
}

/// After simplify: y = scale * x + shift.
void batch_norm(Planner& planner, const Node& node) {
  int id = planner.float_input(node, 0);
  const Dims shape = planner.value(id).shape;
  const auto operand = [&](std::size_t index) {
    Tensor tensor = *planner.constant(node, index);
    if (shape.size() < 2 || tensor.element_count() != shape[1])
      malformed(node, "parameters do not match the channels of the input");
    tensor.shape = Dims(shape.size(), 1);
    tensor.shape[1] = shape[1];
    return planner.add_constant(std::move(tensor));
  };
  const auto scale = planner.constant(node, 1)->values<float>();
  if (std::any_of(scale.begin(), scale.end(), [](float s) { return s != 1; })) {
    id = planner.per_channel(node, id, algorithm::binary_mul, operand(1));
  }
  planner.define(node, planner.per_channel(node, id, algorithm::binary_add, operand(2)));
}

void softmax(Planner& planner, const Node& node) {
  const int id = planner.float_input(node, 0);
  const Dims shape = planner.value(id).shape;
  const bool is_old = planner.opset() < 13;
  const auto rank = static_cast<std::int64_t>(shape.size());
  const std::int64_t axis =
      normalize_axis(node, integer_attribute(node, "axis", is_old ? 1 : -1), rank);
  // Before opset 13, softmax flattens the axes from `axis` on.
  const std::int64_t behind = product(Dims(shape.begin() + axis + 1, shape.end()));
  if (is_old && behind != 1) unsupported(node, "softmax over several axes");
  planner.define(node, planner.emit(node, Softmax{static_cast<int>(axis)}, {id}, shape));
}

}  // namespace

Lowering find_elementwise(const std::string& op_type) {
  constexpr const char* kUnary[] = {"Relu", "LeakyRelu", "Elu",       "Sigmoid",
                                    "Tanh", "Exp",       "Sqrt",      "Abs",
                                    "Neg",  "Softplus",  "HardSwish", "HardSigmoid"};
  if (std::find(std::begin(kUnary), std::end(kUnary), op_type) != std::end(kUnary)) return unary;
  if (op_type == "Clip") return clip;
  if (op_type == "BatchNormalization") return batch_norm;
  if (op_type == "Softmax") return softmax;
  if (binary_algorithm(op_type) != algorithm::undef) return binary;
  return nullptr;
}

}  // namespace mien::engine
