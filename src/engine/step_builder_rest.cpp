#include "engine/step_builder.hpp"

namespace mien::engine {

using dnnl::memory;
using dnnl::primitive_attr;

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
  if (!is_constant && onednn::dims(desc(a)) == onednn::dims(desc(b)))
    b = place(step.inputs[1], desc(a));
  const auto [pd, inside] = describe(step, [&](const primitive_attr& attr, memory::data_type) {
    return onednn::binary(engine_, operation.algorithm, desc(a), desc(b), desc(a), attr);
  });
  check_exists(step, pd);
  const int to = target(step, pd.dst_desc(), inside);
  Arguments arguments = {{DNNL_ARG_SRC_0, a}, {DNNL_ARG_SRC_1, b}, {DNNL_ARG_DST, to}};
  append_post_op_arguments(step, inside, onednn::type(pd.dst_desc()), arguments);
  writer_.call<dnnl::binary>(pd, std::move(arguments));
  finish(step, inside, to);
}

void StepBuilder::build(const Step& step, const Softmax& operation) {
  const int from = place(step.inputs[0]);
  const int to = writer_.add_arena(desc(from));
  const auto pd =
      onednn::softmax(engine_, desc(from), operation.axis, onednn::Attributes(engine_).attr);
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
  const auto pd = onednn::concat(engine_, operation.axis, parts, onednn::Attributes(engine_).attr);
  const int to = writer_.add_arena(pd.dst_desc());
  arguments.emplace_back(DNNL_ARG_DST, to);
  writer_.call<dnnl::concat>(pd, std::move(arguments));
  places_[step.output] = {to};
}

void StepBuilder::build(const Step& step, const Reshape&) {
  const int from = place(step.inputs[0]);
  const Dims& shape = value(step.output).shape;
  const memory::desc view = desc(from).reshape(shape, true);
  if (onednn::dims(view) == shape) {
    places_[step.output] = {writer_.add_view(view, from)};
  } else {
    const int contiguous = place_plain(step.inputs[0]);
    places_[step.output] = {
        writer_.add_view(plain(shape, onednn::type(desc(contiguous))), contiguous)};
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
  if (onednn::dims(view) != shape) {
    from = place_plain(step.inputs[0]);
    view = desc(from).submemory_desc(shape, operation.offsets);
  }
  const int to = writer_.add_arena(plain(shape, onednn::type(view)));
  writer_.reorder(writer_.add_view(view, from), to);
  places_[step.output] = {to};
}

void StepBuilder::build(const Step& step, const Resize& operation) {
  const int from = place(step.inputs[0]);
  const auto pd = onednn::resampling(engine_, operation.algorithm, desc(from),
                                     any(value(step.output).shape, onednn::type(desc(from))),
                                     onednn::Attributes(engine_).attr);
  const int to = writer_.add_arena(pd.dst_desc());
  writer_.call<dnnl::resampling_forward>(pd, {{DNNL_ARG_SRC, from}, {DNNL_ARG_DST, to}});
  places_[step.output] = {to};
}

void StepBuilder::build(const Step& step, const Requantize&) {
  const Quantization& input = value(step.inputs[0]).quantization;
  const Quantization& output = value(step.output).quantization;
  const int from = place(step.inputs[0]);
  onednn::Attributes attributes(engine_);
  attributes.set_reorder_scale(input.scale / output.scale);
  if (input.zero_point != 0) attributes.set_zero_point(DNNL_ARG_SRC, input.zero_point);
  if (output.zero_point != 0) attributes.set_zero_point(DNNL_ARG_DST, output.zero_point);
  const int to = writer_.add_arena(onednn::with_type(desc(from), output_type(step.output)));
  writer_.reorder(from, to, attributes);
  places_[step.output] = {to};
}

}  // namespace mien::engine
