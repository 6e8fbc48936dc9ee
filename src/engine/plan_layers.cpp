#include <algorithm>

#include "engine/fold.hpp"
#include "engine/planner.hpp"

namespace mien::engine {
namespace {

using model::Node;
using model::Tensor;

/// Geometry of convolutions and pools; height and width each.
struct Window {
  Dims kernel, strides, dilations, pads_begin, pads_end;
  Dims output;
};

Dims two(const Node& node, const std::string& name, const Dims& fallback) {
  const Dims values = integers_attribute(node, name, fallback);
  if (values.size() != 2) unsupported(node, "number of values of '" + name + "'; must be 2");
  for (const std::int64_t value : values) {
    if (value < 1 || value > 65536) malformed(node, "'" + name + "' is out of range");
  }
  return values;
}

Window window(const Node& node, const Dims& input, const Dims& kernel) {
  if (input.size() != 4)
    unsupported(node, "input rank " + std::to_string(input.size()) + "; must be 4");
  Window w;
  w.kernel = kernel;
  w.strides = two(node, "strides", {1, 1});
  w.dilations = two(node, "dilations", {1, 1});
  const std::string auto_pad = string_attribute(node, "auto_pad", "NOTSET");
  Dims pads = integers_attribute(node, "pads", {0, 0, 0, 0});
  if (pads.size() != 4) malformed(node, "'pads' must have 4 values");
  if (auto_pad == "VALID") pads = {0, 0, 0, 0};
  const bool rounds_up = integer_attribute(node, "ceil_mode", 0) != 0;
  for (int i = 0; i < 2; ++i) {
    const std::int64_t size = input[2 + i];
    const std::int64_t extent = (w.kernel[i] - 1) * w.dilations[i] + 1;
    if (auto_pad == "SAME_UPPER" || auto_pad == "SAME_LOWER") {
      const std::int64_t outputs = (size + w.strides[i] - 1) / w.strides[i];
      const std::int64_t total =
          std::max<std::int64_t>((outputs - 1) * w.strides[i] + extent - size, 0);
      pads[i] = auto_pad == "SAME_UPPER" ? total / 2 : total - total / 2;
      pads[i + 2] = total - pads[i];
    }
    if (pads[i] < 0 || pads[i + 2] < 0 || pads[i] > 65536 || pads[i + 2] > 65536) {
      malformed(node, "'pads' is out of range");
    }
    const std::int64_t room = size + pads[i] + pads[i + 2] - extent;
    std::int64_t outputs = room < 0 ? 0 : room / w.strides[i] + 1;
    if (rounds_up && room >= 0) {
      outputs = (room + w.strides[i] - 1) / w.strides[i] + 1;
      if ((outputs - 1) * w.strides[i] >= size + pads[i]) --outputs;  // a window must start inside
      pads[i + 2] = std::max(pads[i + 2], (outputs - 1) * w.strides[i] + extent - size - pads[i]);
    }
    w.pads_begin.push_back(pads[i]);
    w.pads_end.push_back(pads[i + 2]);
    w.output.push_back(outputs);
  }
  return w;
}

/// Whether a Conv, Gemm or MatMul can compute in 8 bits: DequantizeLinear nodes precede its input
/// and weights; the weights are s8 with zero point 0 and one scale, or one per output channel.
bool is_8bit(const Planner& planner, const Node& node, std::size_t channel_axis) {
  const QuantizedConstant* weights = planner.quantized_constant(planner.operand(node, 1));
  if (weights == nullptr || planner.quantized(planner.operand(node, 0)) < 0) return false;
  return planner.value(weights->stored).constant->type == model::DataType::kInt8 &&
         std::all_of(weights->zero_points.begin(), weights->zero_points.end(),
                     [](auto z) { return z == 0; }) &&
         (weights->scales.size() == 1 || weights->axis == channel_axis);
}

/// Sets the output scales of a step with 8-bit input and weights; returns its bias in units of the
/// sums, or -1.
int scale_sums(Planner& planner, const Node& node, std::int64_t channels, Step& step) {
  const float input_scale = planner.value(step.inputs[0]).quantization.scale;
  const std::vector<float>& scales = planner.quantized_constant(planner.operand(node, 1))->scales;
  for (std::int64_t c = 0; c < channels; ++c) {
    step.output_scales.push_back(input_scale * scales[scales.size() == 1 ? 0 : c]);
  }
  const Tensor* bias = planner.constant(node, 2);
  if (bias == nullptr) return -1;
  if (bias->element_count() != channels)
    unsupported(node, "bias; must have one value per output channel");
  std::vector<float> values;
  for (std::int64_t c = 0; c < channels; ++c)
    values.push_back(bias->values<float>()[c] / step.output_scales[c]);
  return planner.add_constant(
      model::make_tensor<float>(node.outputs[0] + "/bias", {channels}, values));
}

/// oneDNN's 8-bit dense layers have no zero points: the bias (-1: none) minus the zero point times
/// the sum of the weights of each output.
int without_zero_point(Planner& planner, const Node& node, const Dense& layer,
                       std::int32_t zero_point) {
  if (zero_point == 0) return layer.bias;
  const Value& weights = planner.value(layer.weights);
  const auto stored = weights.constant->values<std::int8_t>();
  const std::int64_t outputs = weights.shape[layer.transposed ? 1 : 0];
  const std::int64_t inputs = weights.shape[layer.transposed ? 0 : 1];
  std::vector<float> values(outputs);
  if (layer.bias >= 0) {
    const auto bias = planner.value(layer.bias).constant->values<float>();
    values.assign(bias.begin(), bias.end());
  }
  for (std::int64_t o = 0; o < outputs; ++o) {
    std::int64_t sum = 0;
    for (std::int64_t i = 0; i < inputs; ++i)
      sum += stored[layer.transposed ? i * outputs + o : o * inputs + i];
    values[o] -= static_cast<float>(sum * zero_point);
  }
  return planner.add_constant(
      model::make_tensor<float>(node.outputs[0] + "/zero_point", {outputs}, values));
}

int float_bias(Planner& planner, const Node& node, std::int64_t channels) {
  const Tensor* bias = planner.constant(node, 2);
  if (bias == nullptr) return -1;
  if (bias->element_count() != channels || bias->type != model::DataType::kFloat32) {
    unsupported(node, "bias; must have one f32 per output channel");
  }
  return planner.operand(node, 2);
}

void convolution(Planner& planner, const Node& node) {
  const int input_id = planner.operand(node, 0);
  const int weights_id = planner.operand(node, 1);
  const std::int64_t groups = integer_attribute(node, "group", 1);
  const Dims input = planner.value(input_id).shape;
  const Dims weights = planner.value(weights_id).shape;
  if (weights.size() != 4)
    unsupported(node, "weight rank " + std::to_string(weights.size()) + "; must be 4");
  if (input.size() != 4)
    unsupported(node, "input rank " + std::to_string(input.size()) + "; must be 4");
  if (groups < 1 || weights[0] % groups != 0)
    malformed(node, "'group' does not divide the output channels");
  if (input[1] != weights[1] * groups) {
    throw Error(ErrorCode::kInvalidArgument,
                node.description() + ": the weights need " + std::to_string(weights[1] * groups) +
                    " input channels, not " + std::to_string(input[1]));
  }
  const Window w = window(node, input, {weights[2], weights[3]});
  Convolution layer{w.strides, w.dilations, w.pads_begin, w.pads_end, groups};
  const Dims output = {input[0], weights[0], w.output[0], w.output[1]};
  const std::int64_t multiply_adds = product(output) * weights[1] * weights[2] * weights[3];

  if (is_8bit(planner, node, 0)) {
    const int result = planner.emit(node, layer, {planner.quantized(input_id)}, output);
    Step& step = planner.producer(result);
    step.multiply_adds = multiply_adds;
    layer.bias = scale_sums(planner, node, weights[0], step);
    layer.weights = planner.quantized_constant(weights_id)->stored;
    step.operation = layer;
    return planner.define(node, result);
  }
  const Tensor* float_weights = planner.constant(node, 1);
  if (float_weights->type != model::DataType::kFloat32) unsupported(node, "weights; must be f32");
  layer.weights = weights_id;
  layer.bias = float_bias(planner, node, weights[0]);
  const int result = planner.emit(node, layer, {planner.float_input(node, 0)}, output);
  planner.producer(result).multiply_adds = multiply_adds;
  planner.define(node, result);
}

/// The input of a Reshape that only flattens images (the dense layer does that itself); otherwise
/// `id`.
int before_flatten(const Planner& planner, const Plan& plan, int id) {
  const int producer = planner.value(id).producer;
  if (producer < 0) return id;
  const Step& step = plan.steps[producer];
  if (!std::holds_alternative<Reshape>(step.operation)) return id;
  const Value& source = planner.value(step.inputs[0]);
  return source.shape.size() == 4 && source.shape[0] == planner.value(id).shape[0] ? step.inputs[0]
                                                                                   : id;
}

void dense(Planner& planner, const Node& node) {
  Dims input = planner.value(planner.operand(node, 0)).shape;
  const Dims weights = planner.value(planner.operand(node, 1)).shape;
  const bool is_gemm = node.op_type == "Gemm";
  if (weights.size() != 2 || input.size() < 2 || (is_gemm && input.size() != 2)) {
    unsupported(node, "operand ranks " + std::to_string(input.size()) + " and " +
                          std::to_string(weights.size()));
  }
  if (float_attribute(node, "alpha", 1) != 1 || float_attribute(node, "beta", 1) != 1 ||
      integer_attribute(node, "transA", 0) != 0) {
    unsupported(node, "alpha, beta or transA");
  }
  Dense layer;
  layer.transposed = !is_gemm || integer_attribute(node, "transB", 0) == 0;
  const std::int64_t inputs = weights[layer.transposed ? 0 : 1];
  const std::int64_t outputs = weights[layer.transposed ? 1 : 0];
  if (input.back() != inputs) {
    throw Error(ErrorCode::kInvalidArgument, node.description() + ": the weights need " +
                                                 std::to_string(inputs) + " inputs, not " +
                                                 std::to_string(input.back()));
  }
  if (inputs < 1) malformed(node, "empty weights");
  const std::int64_t rows = product(input) / inputs;

  const bool is_int8 = is_8bit(planner, node, layer.transposed ? 1 : 0);
  if (!is_int8) {
    const Tensor* float_weights = planner.constant(node, 1);
    if (float_weights->type != model::DataType::kFloat32) unsupported(node, "weights; must be f32");
    layer.weights = planner.operand(node, 1);
    layer.bias = is_gemm ? float_bias(planner, node, outputs) : -1;
  }
  const int whole =
      is_int8 ? planner.quantized(planner.operand(node, 0)) : planner.float_input(node, 0);
  const int source =
      before_flatten(planner, planner.plan(), planner.reshape(node, whole, {rows, inputs}));
  const int result = planner.emit(node, layer, {source}, {rows, outputs});
  Step& step = planner.producer(result);
  step.multiply_adds = rows * inputs * outputs;
  if (is_int8) {
    layer.bias = scale_sums(planner, node, outputs, step);
    layer.weights = planner.quantized_constant(planner.operand(node, 1))->stored;
    layer.bias = without_zero_point(planner, node, layer,
                                    planner.value(step.inputs[0]).quantization.zero_point);
    step.operation = layer;
  }
  input.back() = outputs;
  planner.define(node, planner.reshape(node, result, input));
}

void pool(Planner& planner, const Node& node) {
  if (node.outputs.size() > 1 && !node.outputs[1].empty()) unsupported(node, "output of indices");
  const int id = planner.operand(node, 0);
  const Dims input = planner.value(id).shape;
  const Window w = window(node, input, two(node, "kernel_shape", {}));
  if (w.dilations != Dims{1, 1}) unsupported(node, "dilations");
  const bool is_max = node.op_type == "MaxPool";
  auto algorithm = dnnl::algorithm::pooling_max;
  if (!is_max) {
    const bool counts_pads = integer_attribute(node, "count_include_pad", 0) != 0;
    algorithm = counts_pads ? dnnl::algorithm::pooling_avg_include_padding
                            : dnnl::algorithm::pooling_avg_exclude_padding;
    if (counts_pads && integer_attribute(node, "ceil_mode", 0) != 0)
      unsupported(node, "ceil_mode with count_include_pad");
  }
  const Pool layer{algorithm, w.kernel, w.strides, w.pads_begin, w.pads_end};
  const Dims output = {input[0], input[1], w.output[0], w.output[1]};
  if (is_max) {  // exact in 8 bits
    planner.define_view(node, planner.emit_view(node, layer, planner.view_operand(node), output));
  } else {
    planner.define(node, planner.emit(node, layer, {planner.float_input(node, 0)}, output));
  }
}

/// Mean or maximum of every channel.
int global_pool(Planner& planner, const Node& node, dnnl::algorithm algorithm) {
  const Dims input = planner.value(planner.operand(node, 0)).shape;
  if (input.size() != 4)
    unsupported(node, "input rank " + std::to_string(input.size()) + "; must be 4");
  const Pool layer{algorithm, {input[2], input[3]}, {1, 1}, {0, 0}, {0, 0}};
  return planner.emit(node, layer, {planner.float_input(node, 0)}, {input[0], input[1], 1, 1});
}

void global_average(Planner& planner, const Node& node) {
  planner.define(node, global_pool(planner, node, dnnl::algorithm::pooling_avg_exclude_padding));
}

void global_max(Planner& planner, const Node& node) {
  planner.define(node, global_pool(planner, node, dnnl::algorithm::pooling_max));
}

void reduce_mean(Planner& planner, const Node& node) {
  const Tensor* list = planner.constant(node, 1);
  Dims axes = list != nullptr ? integers(*list) : integers_attribute(node, "axes", {});
  const Dims input = planner.value(planner.operand(node, 0)).shape;
  for (std::int64_t& axis : axes)
    axis = normalize_axis(node, axis, static_cast<std::int64_t>(input.size()));
  std::sort(axes.begin(), axes.end());
  if (input.size() != 4 || axes != Dims{2, 3}) unsupported(node, "axes; must be height and width");
  const int mean = global_pool(planner, node, dnnl::algorithm::pooling_avg_exclude_padding);
  const bool keeps = integer_attribute(node, "keepdims", 1) != 0;
  planner.define(node, keeps ? mean : planner.reshape(node, mean, {input[0], input[1]}));
}

}  // namespace

Lowering find_layer(const std::string& op_type) {
  if (op_type == "Conv") return convolution;
  if (op_type == "Gemm" || op_type == "MatMul") return dense;
  if (op_type == "MaxPool" || op_type == "AveragePool") return pool;
  if (op_type == "GlobalAveragePool") return global_average;
  if (op_type == "GlobalMaxPool") return global_max;
  if (op_type == "ReduceMean") return reduce_mean;
  return nullptr;
}

}  // namespace mien::engine
