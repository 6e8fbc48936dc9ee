#include "engine/step_builder.hpp"

namespace mien::engine {

using dnnl::memory;
using dnnl::primitive_attr;
using dnnl::prop_kind;

void StepBuilder::build(const Step& step, const Eltwise& operation) {
  const int from = place(step.inputs[0]);
  const int to = may_overwrite(step.inputs[0], from) ? from : writer_.add_arena(desc(from));
  writer_.eltwise(operation.algorithm, operation.alpha, operation.beta, from, to);
  places_[step.output] = {to};
}

void StepBuilder::build(const Step& step, const Binary& operation) {
  const int a = place(step.inputs[0]);
  int b = place(step.inputs[1]);
  const bool is_constant = value(step.inputs[1]).constant != nullptr;
  if (!is_constant && desc(a).dims() == desc(b).dims()) b = place(step.inputs[1], desc(a));
  const auto [pd, inside] = describe(step, [&](const primitive_attr& attr, memory::data_type) {
    const dnnl::binary::desc description(operation.algorithm, desc(a), desc(b), desc(a));
    return dnnl::binary::primitive_desc(description, attr, engine_, true);
  });
  check_exists(step, pd);
  const int to = target(step, pd.dst_desc(), inside);
  Arguments arguments = {{DNNL_ARG_SRC_0, a}, {DNNL_ARG_SRC_1, b}, {DNNL_ARG_DST, to}};
  append_post_op_arguments(step, inside, pd.dst_desc().data_type(), arguments);
  writer_.call<dnnl::binary>(pd, std::move(arguments));
  finish(step, inside, to);
}

void StepBuilder::build(const Step& step, const Softmax& operation) {
  const int from = place(step.inputs[0]);
  const int to = writer_.add_arena(desc(from));
  const dnnl::softmax_forward::desc description(prop_kind::forward_inference, desc(from),
                                                operation.axis);
  const dnnl::softmax_forward::primitive_desc pd(description, plain_attributes(), engine_);
  writer_.call<dnnl::softmax_forward>(pd, {{DNNL_ARG_SRC, from}, {DNNL_ARG_DST, to}});
  places_[step.output] = {to};
}

void StepBuilder::build(const Step& step, const Concat& operation) {
  std::vector<memory::desc> parts;
  Arguments arguments;
  for (std::size_t i = 0; i < step.inputs.size(); ++i) {
    const int id = place(step.inputs[i]);
    parts.push_back(desc(id));
    arguments.emplace_back(DNNL_ARG_MULTIPLE_SRC + static_cast<int>(i), id);
  }
  const dnnl::concat::primitive_desc pd(operation.axis, parts, engine_, plain_attributes());
  const int to = writer_.add_arena(pd.dst_desc());
  arguments.emplace_back(DNNL_ARG_DST, to);
  writer_.call<dnnl::concat>(pd, std::move(arguments));
  places_[step.output] = {to};
}

void StepBuilder::build(const Step& step, const Reshape&) {
  const int from = place(step.inputs[0]);
  const Dims& shape = value(step.output).shape;
  const memory::desc view = desc(from).reshape(shape, true);
  if (view.dims() == shape) {
    places_[step.output] = {writer_.add_view(view, from)};
  } else {
    const int contiguous = place_plain(step.inputs[0]);
    places_[step.output] = {
        writer_.add_view(plain(shape, desc(contiguous).data_type()), contiguous)};
  }
}

void StepBuilder::build(const Step& step, const Transpose& operation) {
  const int from = place(step.inputs[0]);
  std::vector<int> order(operation.order.size());  // oneDNN wants the new position of each axis
  for (std::size_t axis = 0; axis < order.size(); ++axis)
    order[operation.order[axis]] = static_cast<int>(axis);
  places_[step.output] = {writer_.add_view(desc(from).permute_axes(order), from)};
}

void StepBuilder::build(const Step& step, const Slice& operation) {
  const Dims& shape = value(step.output).shape;
  int from = place(step.inputs[0]);
  memory::desc view = desc(from).submemory_desc(shape, operation.offsets, true);
  if (view.dims() != shape) {
    from = place_plain(step.inputs[0]);
    view = desc(from).submemory_desc(shape, operation.offsets);
  }
  const int to = writer_.add_arena(plain(shape, view.data_type()));
  writer_.reorder(writer_.add_view(view, from), to);
  places_[step.output] = {to};
}

void StepBuilder::build(const Step& step, const Resize& operation) {
  const int from = place(step.inputs[0]);
  const dnnl::resampling_forward::desc description(
      prop_kind::forward_inference, operation.algorithm, desc(from),
      any(value(step.output).shape, desc(from).data_type()));
  const dnnl::resampling_forward::primitive_desc pd(description, plain_attributes(), engine_);
  const int to = writer_.add_arena(pd.dst_desc());
  writer_.call<dnnl::resampling_forward>(pd, {{DNNL_ARG_SRC, from}, {DNNL_ARG_DST, to}});
  places_[step.output] = {to};
}

void StepBuilder::build(const Step& step, const Requantize&) {
  const Quantization& input = value(step.inputs[0]).quantization;
  const Quantization& output = value(step.output).quantization;
  const int from = place(step.inputs[0]);
  primitive_attr attr = plain_attributes();
  attr.set_output_scales(0, {input.scale / output.scale});
  if (input.zero_point != 0) attr.set_zero_points(DNNL_ARG_SRC, 0, {input.zero_point});
  if (output.zero_point != 0) attr.set_zero_points(DNNL_ARG_DST, 0, {output.zero_point});
  memory::desc wanted = desc(from);
  wanted.data.data_type = memory::convert_to_c(output_type(step.output));
  const int to = writer_.add_arena(wanted);
  writer_.reorder(from, to, attr);
  places_[step.output] = {to};
}

}  // namespace mien::engine
