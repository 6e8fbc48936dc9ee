#include <algorithm>
#include <tuple>

#include "engine/step_builder.hpp"

namespace mien::engine {
namespace {

using dnnl::memory;
using dnnl::primitive_attr;

memory::desc bias_desc(int bias, std::int64_t channels) {
  return bias < 0 ? memory::desc() : plain({channels}, memory::data_type::f32);
}

}  // namespace

/// oneDNN's Winograd convolution needs 2.25 times fewer multiplications (Lavin and Gray 2016,
/// arXiv:1509.09308). It supports only f32, and only a sum and a ReLU as post-ops.
bool StepBuilder::suits_winograd(const Step& step, const Convolution& layer) const {
  const Dims& weights = value(layer.weights).shape;
  return options_.float_type == memory::data_type::f32 && step.output_scales.empty() &&
         layer.groups == 1 && weights[2] == 3 && weights[3] == 3 && layer.strides == Dims{1, 1} &&
         layer.dilations == Dims{1, 1} && weights[0] >= 8 && weights[1] >= 8 &&
         std::none_of(step.post_ops.begin(), step.post_ops.end(),
                      [](const PostOp& op) { return op.kind == PostOp::Kind::kBinary; });
}

/// oneDNN has fast code for plain images, and f32 in blocks of 16 channels is not worth a reorder;
/// otherwise oneDNN chooses the layout.
bool StepBuilder::keeps_layout(const Step& step) {
  const Dims& shape = value(step.inputs[0]).shape;
  const memory::desc& layout = desc(place(step.inputs[0]));
  if (!step.output_scales.empty()) return false;
  if (shape[1] <= 3) return layout == plain(shape, options_.float_type);
  return options_.float_type == memory::data_type::f32 &&
         layout == memory::desc(shape, options_.float_type, memory::format_tag::nChw16c);
}

void StepBuilder::build(const Step& step, const Convolution& layer) {
  const Dims& input = value(step.inputs[0]).shape;
  const Dims& output = value(step.output).shape;
  const Value& weights = value(layer.weights);
  Dims weight_dims = weights.shape;
  if (layer.groups > 1) {
    weight_dims[0] /= layer.groups;
    weight_dims.insert(weight_dims.begin(), layer.groups);
  }
  const onednn::ConvolutionGeometry geometry = {layer.strides,
                                                {layer.dilations[0] - 1, layer.dilations[1] - 1},
                                                layer.pads_begin,
                                                layer.pads_end};
  const auto make_with = [&](dnnl::algorithm algorithm, const memory::desc& source) {
    return [&, algorithm](const primitive_attr& attr, memory::data_type type) {
      return onednn::convolution(engine_, algorithm, source, any(weight_dims, weight_type(step)),
                                 bias_desc(layer.bias, output[1]), any(output, type), geometry,
                                 attr);
    };
  };
  const memory::desc free = any(input, input_type(step));
  dnnl::convolution_forward::primitive_desc pd;
  std::size_t inside = step.post_ops.size();
  if (suits_winograd(step, layer)) {
    pd = make_with(dnnl::algorithm::convolution_winograd, free)(
        attributes(step, inside, output_type(step.output)).attr, output_type(step.output));
  }
  if (!onednn::exists(pd) && keeps_layout(step)) {
    const memory::desc current = desc(place(step.inputs[0]));
    std::tie(pd, inside) = describe(step, make_with(dnnl::algorithm::convolution_direct, current));
  }
  if (!is_fast(pd))
    std::tie(pd, inside) = describe(step, make_with(dnnl::algorithm::convolution_direct, free));
  check_exists(step, pd);

  const memory::desc stored = plain(weight_dims, data_type(weights.constant->type));
  call_weighted<dnnl::convolution_forward>(step, pd, inside, layer, stored);
}

void StepBuilder::build(const Step& step, const Dense& layer) {
  const Dims& input = value(step.inputs[0]).shape;
  const Dims& output = value(step.output).shape;
  // The input may be [N, C, H, W]; it is flattened implicitly.
  Dims weight_dims = input;
  weight_dims[0] = output[1];
  const memory::data_type stored_type = data_type(value(layer.weights).constant->type);
  memory::desc stored = plain(weight_dims, stored_type);
  if (layer.transposed) {
    Dims strides(weight_dims.size(), output[1]);
    for (std::size_t axis = weight_dims.size(); axis-- > 2;)
      strides[axis - 1] = strides[axis] * weight_dims[axis];
    strides[0] = 1;
    stored = memory::desc(weight_dims, stored_type, strides);
  }
  const auto [pd, inside] = describe(step, [&](const primitive_attr& attr, memory::data_type type) {
    return onednn::inner_product(engine_, any(input, input_type(step)),
                                 any(weight_dims, weight_type(step)),
                                 bias_desc(layer.bias, output[1]), any(output, type), attr);
  });
  check_exists(step, pd);
  call_weighted<dnnl::inner_product_forward>(step, pd, inside, layer, stored);
}

void StepBuilder::build(const Step& step, const Pool& layer) {
  const int from = place(step.inputs[0]);
  const auto [pd, inside] = describe(step, [&](const primitive_attr& attr, memory::data_type) {
    return onednn::pooling(engine_, layer.algorithm, desc(from),
                           any(value(step.output).shape, onednn::type(desc(from))),
                           {layer.strides, layer.kernel, layer.pads_begin, layer.pads_end}, attr);
  });
  check_exists(step, pd);
  const int to = target(step, pd.dst_desc(), inside);
  Arguments arguments = {{DNNL_ARG_SRC, from}, {DNNL_ARG_DST, to}};
  append_post_op_arguments(step, inside, onednn::type(pd.dst_desc()), arguments);
  writer_.call<dnnl::pooling_forward>(pd, std::move(arguments));
  finish(step, inside, to);
}

}  // namespace mien::engine
