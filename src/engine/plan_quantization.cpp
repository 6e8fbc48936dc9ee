#include <algorithm>
#include <cmath>

#include "engine/planner.hpp"

namespace mien::engine {
namespace {

using model::DataType;
using model::Node;
using model::Tensor;

bool is_eight_bit(DataType type) { return type == DataType::kUint8 || type == DataType::kInt8; }

std::vector<float> scales(Planner& planner, const Node& node) {
  const Tensor* tensor = planner.constant(node, 1);
  if (tensor == nullptr || tensor->type != DataType::kFloat32) malformed(node, "has no f32 scale");
  const auto values = tensor->values<float>();
  if (values.empty()) malformed(node, "has no scale");
  for (const float value : values) {
    if (!(value > 0) || !std::isfinite(value)) malformed(node, "has a scale that is not positive");
  }
  return {values.begin(), values.end()};
}

std::vector<std::int32_t> zero_points(Planner& planner, const Node& node, std::size_t count) {
  const Tensor* tensor = planner.constant(node, 2);
  if (tensor == nullptr) return std::vector<std::int32_t>(count, 0);
  std::vector<std::int32_t> result;
  const auto copy = [&](auto values) { result.assign(values.begin(), values.end()); };
  switch (tensor->type) {
    case DataType::kUint8:
      copy(tensor->values<std::uint8_t>());
      break;
    case DataType::kInt8:
      copy(tensor->values<std::int8_t>());
      break;
    case DataType::kInt32:
      copy(tensor->values<std::int32_t>());
      break;
    default:
      unsupported(node, "a zero point of this type");
  }
  if (result.size() != count) malformed(node, "has as many zero points as it has not scales");
  return result;
}

/// Adds a number to the sums of an eight-bit layer, before its post-ops.
void shift_sums(Planner& planner, const Node& node, Step& step, float shift) {
  int* bias = nullptr;
  if (auto* layer = std::get_if<Convolution>(&step.operation)) bias = &layer->bias;
  if (auto* layer = std::get_if<Dense>(&step.operation)) bias = &layer->bias;
  std::vector<float> values(step.output_scales.size());
  if (*bias >= 0) {
    const auto old = planner.value(*bias).constant->values<float>();
    values.assign(old.begin(), old.end());
  }
  for (std::size_t c = 0; c < values.size(); ++c) values[c] += shift / step.output_scales[c];
  const auto channels = static_cast<std::int64_t>(values.size());
  *bias = planner.add_constant(
      model::make_tensor<float>(node.outputs[0] + "/bias", {channels}, values));
}

/// Lets a sum that is a layer's first post-op read the eight-bit numbers themselves, where they are
/// of type `type`, rather than what they are converted to.
void sum_as_stored(Planner& planner, const Node& node, Step& step, DataType type) {
  if (step.post_ops.empty() || step.post_ops[0].kind != PostOp::Kind::kSum) return;
  const int added = step.post_ops[0].value;
  if (planner.value(added).producer < 0) return;
  const Step& source = planner.producer(added);
  if (!std::holds_alternative<Requantize>(source.operation)) return;
  const int stored = source.inputs[0];
  if (planner.value(stored).type != type) return;
  const Quantization quantization = planner.value(stored).quantization;
  step.post_ops[0].value = stored;
  step.post_ops[0].alpha = quantization.scale;
  if (quantization.zero_point != 0) {
    shift_sums(planner, node, step,
               -quantization.scale * static_cast<float>(quantization.zero_point));
  }
}

/// Lets a layer with eight-bit sums give eight bits: its post-ops work on numbers that are `scale`
/// times smaller where they can, and the zero point is added last. False where oneDNN could not do
/// that.
bool store_in_eight_bits(Planner& planner, const Node& node, Step& step, DataType type,
                         const Quantization& quantization) {
  if (!takes_eltwise(step, dnnl::algorithm::eltwise_linear)) return false;
  sum_as_stored(planner, node, step, type);
  const float factor = 1 / quantization.scale;
  const auto zero_point = static_cast<float>(quantization.zero_point);
  const auto scales_with = [&](const PostOp& op) {
    switch (op.kind) {
      case PostOp::Kind::kEltwise:
        return op.algorithm == dnnl::algorithm::eltwise_relu ||
               op.algorithm == dnnl::algorithm::eltwise_linear;
      case PostOp::Kind::kBinary:
        return op.algorithm == dnnl::algorithm::binary_add;
      case PostOp::Kind::kSum:
        return is_eight_bit(planner.value(op.value).type);
    }
    return false;
  };
  if (!std::all_of(step.post_ops.begin(), step.post_ops.end(), scales_with)) {
    append_eltwise(step, dnnl::algorithm::eltwise_linear, factor, zero_point);
    return true;
  }
  for (float& scale : step.output_scales) scale *= factor;
  for (PostOp& op : step.post_ops) {
    if (op.kind == PostOp::Kind::kSum) op.alpha *= factor;
    if (op.kind == PostOp::Kind::kEltwise) op.beta *= factor;
    if (op.kind != PostOp::Kind::kBinary) continue;
    const Tensor& constant = *planner.value(op.value).constant;
    std::vector<float> values;
    for (const float value : constant.values<float>()) values.push_back(value * factor);
    op.value = planner.add_constant(
        model::make_tensor<float>(node.outputs[0] + "/shift", constant.shape, values));
  }
  if (quantization.zero_point != 0)
    append_eltwise(step, dnnl::algorithm::eltwise_linear, 1, zero_point);
  return true;
}

void quantize_linear(Planner& planner, const Node& node) {
  if (planner.arithmetic() == Arithmetic::kReal) return planner.define(node, planner.real(node, 0));
  const Tensor* zero = planner.constant(node, 2);
  const DataType type = zero == nullptr ? DataType::kUint8 : zero->type;
  if (!is_eight_bit(type)) unsupported(node, "other than eight bits");
  const std::vector<float> scale = scales(planner, node);
  if (scale.size() != 1) unsupported(node, "more than one scale for a computed value");
  const Quantization quantization{scale[0], zero_points(planner, node, 1)[0]};

  const int id = planner.operand(node, 0);
  const int stored = planner.quantized(id);
  if (stored >= 0 && planner.value(stored).type == type &&
      planner.value(stored).quantization == quantization) {
    return planner.define(node, stored);
  }
  const int from = stored >= 0 ? stored : planner.real(node, 0);
  Step* step = stored >= 0 ? nullptr : planner.fusible(from);
  if (step != nullptr && !step->output_scales.empty() &&
      store_in_eight_bits(planner, node, *step, type, quantization)) {
    Value& value = planner.plan().values[from];
    value.type = type;
    value.quantization = quantization;
    return planner.define(node, planner.fused(from));
  }
  const int made = planner.emit(node, Requantize{}, {from}, planner.value(from).shape);
  planner.plan().values[made].type = type;
  planner.plan().values[made].quantization = quantization;
  planner.define(node, made);
}

void dequantize_linear(Planner& planner, const Node& node) {
  const int id = planner.operand(node, 0);
  if (planner.known(id) == nullptr) {
    if (planner.arithmetic() == Arithmetic::kReal)
      return planner.define(node, planner.real(node, 0));
    if (!is_eight_bit(planner.value(id).type))
      unsupported(node, "an input that is not of eight bits");
    if (scales(planner, node) != std::vector<float>{planner.value(id).quantization.scale} ||
        zero_points(planner, node, 1)[0] != planner.value(id).quantization.zero_point) {
      unsupported(node, "another scale or zero point than its QuantizeLinear has");
    }
    return planner.define_dequantized(node, id);
  }
  const Value& stored = planner.value(id);
  QuantizedConstant constant{id, scales(planner, node), {}, 0};
  constant.zero_points = zero_points(planner, node, constant.scales.size());
  if (constant.scales.size() > 1) {
    const auto rank = static_cast<std::int64_t>(stored.shape.size());
    constant.axis =
        static_cast<std::size_t>(normal_axis(node, integer_attribute(node, "axis", 1), rank));
    if (stored.shape[constant.axis] != static_cast<std::int64_t>(constant.scales.size())) {
      malformed(node, "has not one scale for every index of its axis");
    }
  }
  if (stored.constant->type == DataType::kFloat32) malformed(node, "dequantizes f32");
  planner.define_dequantized(node, std::move(constant));
}

}  // namespace

Lowering find_quantization(const std::string& op_type) {
  if (op_type == "QuantizeLinear") return quantize_linear;
  if (op_type == "DequantizeLinear") return dequantize_linear;
  return nullptr;
}

}  // namespace mien::engine
