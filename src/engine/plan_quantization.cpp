#include <algorithm>
#include <cmath>

#include "engine/planner.hpp"

namespace mien::engine {
namespace {

using model::DataType;
using model::Node;
using model::Tensor;

bool is_8bit(DataType type) { return type == DataType::kUint8 || type == DataType::kInt8; }

std::vector<float> scales(Planner& planner, const Node& node) {
  const Tensor* tensor = planner.constant(node, 1);
  if (tensor == nullptr || tensor->type != DataType::kFloat32) malformed(node, "scale must be f32");
  const auto values = tensor->values<float>();
  if (values.empty()) malformed(node, "empty scale");
  for (const float value : values) {
    if (!(value > 0) || !std::isfinite(value)) malformed(node, "scale must be positive");
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
      unsupported(node, "zero point type");
  }
  if (result.size() != count)
    malformed(node, std::to_string(result.size()) + " zero points but " + std::to_string(count) +
                        " scales");
  return result;
}

/// Adds a number to the result of an 8-bit layer, before its post-ops.
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

/// If the first post-op of a layer adds a value that was converted from 8 bits of type `type`,
/// makes it read the 8-bit value directly.
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

/// Makes a layer with 8-bit input write 8 bits: divides scales and post-op parameters by `scale`
/// where possible, and adds the zero point last. Returns false if oneDNN cannot do that.
bool store_in_8_bits(Planner& planner, const Node& node, Step& step, DataType type,
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
        return is_8bit(planner.value(op.value).type);
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
  if (planner.arithmetic() == Arithmetic::kFloat)
    return planner.define(node, planner.float_input(node, 0));
  const Tensor* zero = planner.constant(node, 2);
  const DataType type = zero == nullptr ? DataType::kUint8 : zero->type;
  if (!is_8bit(type)) unsupported(node, "type; must be u8 or s8");
  const std::vector<float> scale = scales(planner, node);
  if (scale.size() != 1) unsupported(node, "scale per axis of a computed value");
  const Quantization quantization{scale[0], zero_points(planner, node, 1)[0]};

  const int id = planner.operand(node, 0);
  const int stored = planner.quantized(id);
  if (stored >= 0 && planner.value(stored).type == type &&
      planner.value(stored).quantization == quantization) {
    return planner.define(node, stored);
  }
  const int from = stored >= 0 ? stored : planner.float_input(node, 0);
  Step* step = stored >= 0 ? nullptr : planner.fusible(from);
  if (step != nullptr && !step->output_scales.empty() &&
      store_in_8_bits(planner, node, *step, type, quantization)) {
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
    if (planner.arithmetic() == Arithmetic::kFloat)
      return planner.define(node, planner.float_input(node, 0));
    if (!is_8bit(planner.value(id).type)) unsupported(node, "input; must be u8 or s8");
    if (scales(planner, node) != std::vector<float>{planner.value(id).quantization.scale} ||
        zero_points(planner, node, 1)[0] != planner.value(id).quantization.zero_point) {
      unsupported(node, "scale or zero point; must equal that of the QuantizeLinear");
    }
    return planner.define_dequantized(node, id);
  }
  const Value& stored = planner.value(id);
  QuantizedConstant constant{id, scales(planner, node), {}, 0};
  constant.zero_points = zero_points(planner, node, constant.scales.size());
  if (constant.scales.size() > 1) {
    const auto rank = static_cast<std::int64_t>(stored.shape.size());
    constant.axis =
        static_cast<std::size_t>(normalize_axis(node, integer_attribute(node, "axis", 1), rank));
    if (stored.shape[constant.axis] != static_cast<std::int64_t>(constant.scales.size())) {
      malformed(node, std::to_string(constant.scales.size()) + " scales but " +
                          std::to_string(stored.shape[constant.axis]) + " channels");
    }
  }
  if (stored.constant->type == DataType::kFloat32) malformed(node, "input must not be f32");
  planner.define_dequantized(node, std::move(constant));
}

}  // namespace

Lowering find_quantization(const std::string& op_type) {
  if (op_type == "QuantizeLinear") return quantize_linear;
  if (op_type == "DequantizeLinear") return dequantize_linear;
  return nullptr;
}

}  // namespace mien::engine
