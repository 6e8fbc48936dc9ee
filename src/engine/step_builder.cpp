#include "engine/step_builder.hpp"

#include <algorithm>
#include <functional>

namespace mien::engine {

using dnnl::memory;

memory::desc plain(const Dims& dims, memory::data_type type) {
  Dims strides(dims.size(), 1);
  for (std::size_t axis = dims.size(); axis-- > 1;) strides[axis - 1] = strides[axis] * dims[axis];
  return {dims, type, strides};
}

memory::desc any(const Dims& dims, memory::data_type type) {
  return {dims, type, memory::format_tag::any};
}

memory::data_type data_type(model::DataType type) {
  switch (type) {
    case model::DataType::kUint8:
      return memory::data_type::u8;
    case model::DataType::kInt8:
      return memory::data_type::s8;
    case model::DataType::kInt32:
      return memory::data_type::s32;
    default:
      return memory::data_type::f32;
  }
}

StepBuilder::StepBuilder(const Plan& plan, const model::Model& model, const BuildOptions& options,
                         const dnnl::engine& engine, WeightStore& shared)
    : plan_(plan),
      model_(model),
      options_(options),
      engine_(engine),
      shared_(shared),
      writer_(engine),
      places_(plan.values.size()) {}

Program StepBuilder::run() {
  find_last_uses();
  places_[plan_.input] = {
      writer_.add_input(plain(value(plan_.input).shape, memory::data_type::f32))};
  for (step_ = 0; step_ < plan_.steps.size(); ++step_) {
    const Step& step = plan_.steps[step_];
    writer_.set_name(step.name);
    try {
      std::visit([&](const auto& operation) { build(step, operation); }, step.operation);
    } catch (const dnnl::error& error) {
      throw Error(ErrorCode::kUnsupported, step.label + ": oneDNN failed: " + error.message);
    }
  }
  for (std::size_t i = 0; i < plan_.outputs.size(); ++i) {
    writer_.set_name(model_.outputs[i].name);
    const int source = place(plan_.outputs[i]);
    writer_.reorder(source, writer_.add_output(
                                plain(value(plan_.outputs[i]).shape, memory::data_type::f32), i));
  }
  return writer_.finish();
}

int StepBuilder::constant(int id, const memory::desc& from, const memory::desc& to) {
  const model::Tensor& tensor = *value(id).constant;
  const auto* begin = model_.initializers.data();
  const bool belongs_to_model =
      !std::less<>()(&tensor, begin) && std::less<>()(&tensor, begin + model_.initializers.size());
  return writer_.add_constant(belongs_to_model ? shared_.get(tensor, from, to)
                                               : to_layout(tensor, from, to, engine_));
}

int StepBuilder::plain_constant(int id) {
  const Value& v = value(id);
  const memory::desc as_is =
      plain(v.shape.empty() ? Dims{1} : v.shape, data_type(v.constant->type));
  return constant(id, as_is, as_is);
}

int StepBuilder::bias(const Step& step, int id) {
  if (step.output_scales.empty() || onednn::kBiasIsScaled) return plain_constant(id);
  const auto sums = value(id).constant->values<float>();
  memory scaled(plain(value(id).shape, memory::data_type::f32), engine_);
  std::transform(sums.begin(), sums.end(), step.output_scales.begin(),
                 static_cast<float*>(scaled.get_data_handle()), std::multiplies<>());
  return writer_.add_constant(scaled);
}

int StepBuilder::place(int id) {
  if (places_[id].empty()) places_[id] = {plain_constant(id)};
  return places_[id].front();
}

int StepBuilder::place(int id, const memory::desc& wanted) {
  place(id);
  for (const int memory : places_[id]) {
    if (desc(memory) == wanted) return memory;
  }
  const int made = writer_.add_arena(wanted);
  writer_.reorder(places_[id].front(), made);
  places_[id].push_back(made);
  return made;
}

int StepBuilder::place_plain(int id) {
  return place(id, plain(value(id).shape, onednn::type(desc(place(id)))));
}

memory::data_type StepBuilder::output_type(int id) const {
  if (value(id).type != model::DataType::kFloat32) return data_type(value(id).type);
  const bool is_output =
      std::find(plan_.outputs.begin(), plan_.outputs.end(), id) != plan_.outputs.end();
  return is_output ? memory::data_type::f32 : options_.float_type;
}

memory::data_type StepBuilder::input_type(const Step& step) const {
  return step.output_scales.empty() ? options_.float_type : data_type(value(step.inputs[0]).type);
}

memory::data_type StepBuilder::weight_type(const Step& step) const {
  return step.output_scales.empty() ? options_.float_type : memory::data_type::s8;
}

bool StepBuilder::is_in_place(const PostOp& sum, memory::data_type type) const {
  const bool is_8bit = type == memory::data_type::u8 || type == memory::data_type::s8;
  return !is_8bit || value(sum.value).type != model::DataType::kFloat32;
}

onednn::Attributes StepBuilder::attributes(const Step& step, std::size_t inside,
                                           memory::data_type type) {
  onednn::Attributes attributes(engine_);
  if (!step.output_scales.empty()) {
    const auto* convolution = std::get_if<Convolution>(&step.operation);
    attributes.set_sum_scales(step.output_scales,
                              convolution != nullptr && convolution->groups > 1);
    const std::int32_t zero_point = value(step.inputs[0]).quantization.zero_point;
    if (zero_point != 0 && convolution != nullptr)
      attributes.set_zero_point(DNNL_ARG_SRC, zero_point);
  }
  dnnl::post_ops ops;
  for (std::size_t i = 0; i < inside; ++i) {
    const PostOp& op = step.post_ops[i];
    switch (op.kind) {
      case PostOp::Kind::kEltwise:
        onednn::append_eltwise(ops, op.algorithm, op.alpha, op.beta);
        break;
      case PostOp::Kind::kBinary:
        ops.append_binary(op.algorithm, plain(value(op.value).shape, memory::data_type::f32));
        break;
      case PostOp::Kind::kSum:
        if (is_in_place(op, type)) {
          ops.append_sum(op.alpha);
        } else {
          ops.append_binary(dnnl::algorithm::binary_add, desc(place(op.value)));
        }
        break;
    }
  }
  attributes.attr.set_post_ops(ops);
  return attributes;
}

void StepBuilder::append_post_op_arguments(const Step& step, std::size_t inside,
                                           memory::data_type type, Arguments& arguments) {
  for (std::size_t i = 0; i < inside; ++i) {
    const PostOp& op = step.post_ops[i];
    const int argument = DNNL_ARG_ATTR_MULTIPLE_POST_OP(static_cast<int>(i)) | DNNL_ARG_SRC_1;
    if (op.kind == PostOp::Kind::kBinary)
      arguments.emplace_back(argument, plain_constant(op.value));
    if (op.kind == PostOp::Kind::kSum && !is_in_place(op, type)) {
      arguments.emplace_back(argument, place(op.value));
    }
  }
}

void StepBuilder::finish(const Step& step, std::size_t inside, int memory) {
  for (std::size_t i = inside; i < step.post_ops.size(); ++i) {
    const PostOp& op = step.post_ops[i];
    switch (op.kind) {
      case PostOp::Kind::kEltwise:
        writer_.eltwise(op.algorithm, op.alpha, op.beta, memory, memory);
        break;
      case PostOp::Kind::kBinary:
        writer_.binary(op.algorithm, memory, plain_constant(op.value), memory);
        break;
      case PostOp::Kind::kSum:
        writer_.binary(dnnl::algorithm::binary_add, memory, place(op.value, desc(memory)), memory,
                       op.alpha);
        break;
    }
  }
  if (value(step.output).type != model::DataType::kFloat32 &&
      onednn::type(desc(memory)) != output_type(step.output)) {
    const int converted =
        writer_.add_arena(onednn::with_type(desc(memory), output_type(step.output)));
    writer_.reorder(memory, converted);
    memory = converted;
  }
  places_[step.output] = {memory};
}

/// The value whose memory a view may share.
int StepBuilder::root(int id) const {
  for (int producer = value(id).producer; producer >= 0; producer = value(id).producer) {
    const Operation& operation = plan_.steps[producer].operation;
    if (!std::holds_alternative<Reshape>(operation) &&
        !std::holds_alternative<Transpose>(operation))
      break;
    id = plan_.steps[producer].inputs[0];
  }
  return id;
}

void StepBuilder::find_last_uses() {
  last_use_.assign(plan_.values.size(), 0);
  for (std::size_t i = 0; i < plan_.steps.size(); ++i) {
    for (const int input : plan_.steps[i].inputs) last_use_[root(input)] = i;
    for (const PostOp& op : plan_.steps[i].post_ops) {
      if (op.value >= 0) last_use_[root(op.value)] = i;
    }
  }
  for (const int output : plan_.outputs) last_use_[root(output)] = plan_.steps.size();
}

/// Whether this step may overwrite a memory of a value.
bool StepBuilder::may_overwrite(int id, int memory) const {
  return last_use_[root(id)] == step_ && writer_.is_in_arena(memory);
}

/// The memory that a step writes: if it adds in place, the memory of the summand or a copy of it.
int StepBuilder::target(const Step& step, const memory::desc& wanted, std::size_t inside) {
  for (std::size_t i = 0; i < inside; ++i) {
    if (step.post_ops[i].kind != PostOp::Kind::kSum ||
        !is_in_place(step.post_ops[i], onednn::type(wanted)))
      continue;
    const int other = step.post_ops[i].value;
    const int memory = place(other, wanted);
    const bool reads_it = std::any_of(step.inputs.begin(), step.inputs.end(),
                                      [&](int input) { return root(input) == root(other); });
    if (may_overwrite(other, memory) && !reads_it) return memory;
    const int copy = writer_.add_arena(wanted);
    writer_.reorder(memory, copy);
    return copy;
  }
  return writer_.add_arena(wanted);
}

Program build_program(const Plan& plan, const model::Model& model, const BuildOptions& options,
                      const dnnl::engine& engine, WeightStore& shared) {
  return StepBuilder(plan, model, options, engine, shared).run();
}

}  // namespace mien::engine
