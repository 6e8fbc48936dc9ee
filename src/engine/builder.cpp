#include "engine/builder.hpp"

#include <algorithm>
#include <cstring>
#include <functional>
#include <string_view>

#include "engine/arena.hpp"

namespace mien::engine {
namespace {

using dnnl::memory;
using dnnl::primitive_attr;
using dnnl::prop_kind;

constexpr auto kInference = prop_kind::forward_inference;

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

memory::desc plain(const Dims& dims, memory::data_type type) {
  Dims strides(dims.size(), 1);
  for (std::size_t axis = dims.size(); axis-- > 1;) strides[axis - 1] = strides[axis] * dims[axis];
  return {dims, type, strides};
}

memory::desc any(const Dims& dims, memory::data_type type) { return {dims, type, memory::format_tag::any}; }

class Builder {
 public:
  Builder(const Plan& plan, const model::Model& model, const BuildOptions& options,
          const dnnl::engine& engine, WeightStore& shared)
      : plan_(plan),
        model_(model),
        options_(options),
        engine_(engine),
        shared_(shared),
        places_(plan.values.size()) {}

  Program run() {
    find_last_uses();
    const Value& input = plan_.values[plan_.input];
    places_[plan_.input] = {
        add_memory(plain(input.shape, memory::data_type::f32), {Placement::Kind::kInput, 0})};
    for (step_ = 0; step_ < plan_.steps.size(); ++step_) {
      const Step& step = plan_.steps[step_];
      try {
        std::visit([&](const auto& operation) { build(step, operation); }, step.operation);
      } catch (const dnnl::error& error) {
        throw Error(ErrorCode::kUnsupported, step.label + ": oneDNN cannot run it: " + error.message);
      }
    }
    for (std::size_t i = 0; i < plan_.outputs.size(); ++i) {
      const Value& value = plan_.values[plan_.outputs[i]];
      const int source = place(plan_.outputs[i]);
      reorder(source, add_memory(plain(value.shape, memory::data_type::f32), {Placement::Kind::kOutput, i}));
    }
    return finish();
  }

 private:
  // ---- memories
  // -------------------------------------------------------------------------------------------------

  int add_memory(const memory::desc& desc, Placement placement) {
    program_.memories.push_back({desc, placement});
    buffer_of_.push_back(-1);
    return static_cast<int>(program_.memories.size()) - 1;
  }

  /// A memory of a layout in a buffer of its own, or in that of another memory.
  int add_arena(const memory::desc& desc) {
    buffers_.push_back({desc.get_size(), program_.calls.size(), program_.calls.size()});
    return add_shared(desc, static_cast<int>(buffers_.size()) - 1);
  }

  int add_shared(const memory::desc& desc, int buffer) {
    const int id = add_memory(desc, {});
    buffer_of_[id] = buffer;
    return id;
  }

  int add_view(const memory::desc& desc, int source) {
    const int id = add_memory(desc, program_.memories[source].placement);
    buffer_of_[id] = buffer_of_[source];
    return id;
  }

  int add_constant(const memory& constant) {
    program_.constants.push_back(constant);
    return add_memory(constant.get_desc(), {Placement::Kind::kConstant, program_.constants.size() - 1});
  }

  const memory::desc& desc(int id) const { return program_.memories[id].desc; }

  /// A constant of the plan, in a layout.
  int constant(int value, const memory::desc& from, const memory::desc& to) {
    const model::Tensor& tensor = *plan_.values[value].constant;
    const auto* begin = model_.initializers.data();
    const bool is_models =
        !std::less<>()(&tensor, begin) && std::less<>()(&tensor, begin + model_.initializers.size());
    return add_constant(is_models ? shared_.get(tensor, from, to) : laid_out(tensor, from, to, engine_));
  }

  int plain_constant(int value) {
    const Value& v = plan_.values[value];
    const memory::desc as_is = plain(v.shape.empty() ? Dims{1} : v.shape, data_type(v.constant->type));
    return constant(value, as_is, as_is);
  }

  /// Any memory that holds a value.
  int place(int value) {
    if (places_[value].empty()) places_[value] = {plain_constant(value)};
    return places_[value].front();
  }

  /// A memory that holds a value in that layout.
  int place(int value, const memory::desc& wanted) {
    place(value);
    for (const int id : places_[value]) {
      if (desc(id) == wanted) return id;
    }
    const int made = add_arena(wanted);
    reorder(places_[value].front(), made);
    places_[value].push_back(made);
    return made;
  }

  int place_plain(int value) {
    const int id = place(value);
    return place(value, plain(plan_.values[value].shape, desc(id).data_type()));
  }

  /// What a layer gives: the type of the plan, outputs of the graph in f32.
  memory::data_type type_of(int value) const {
    const Value& v = plan_.values[value];
    if (v.type != model::DataType::kFloat32) return data_type(v.type);
    const bool is_output =
        std::find(plan_.outputs.begin(), plan_.outputs.end(), value) != plan_.outputs.end();
    return is_output ? memory::data_type::f32 : options_.real;
  }

  /// What a layer takes.
  memory::data_type input_type(const Step& step) const {
    return step.output_scales.empty() ? options_.real : data_type(plan_.values[step.inputs[0]].type);
  }

  // ---- calls
  // ----------------------------------------------------------------------------------------------------

  void add_call(const dnnl::primitive& primitive, std::vector<std::pair<int, int>> arguments) {
    for (const auto& [name, id] : arguments) {
      if (buffer_of_[id] >= 0) buffers_[buffer_of_[id]].last = program_.calls.size();
    }
    program_.calls.push_back({primitive, std::move(arguments)});
  }

  template <class PrimitiveDesc>
  void add_call(const PrimitiveDesc& pd, const dnnl::primitive& primitive,
                std::vector<std::pair<int, int>> arguments) {
    if (pd.scratchpad_desc().get_size() > 0) {
      arguments.emplace_back(DNNL_ARG_SCRATCHPAD, add_arena(pd.scratchpad_desc()));
    }
    add_call(primitive, std::move(arguments));
  }

  static primitive_attr attributes() {
    primitive_attr attr;
    attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    return attr;
  }

  void reorder(int from, int to, primitive_attr attr = attributes()) {
    const dnnl::reorder::primitive_desc pd(engine_, desc(from), engine_, desc(to), attr);
    add_call(pd, dnnl::reorder(pd), {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}});
  }

  // ---- post-ops
  // -------------------------------------------------------------------------------------------------

  memory::desc operand_desc(const PostOp& post_op) const {
    return plain(plan_.values[post_op.value].shape, memory::data_type::f32);
  }

  primitive_attr attributes(const Step& step, std::size_t post_op_count) const {
    primitive_attr attr = attributes();
    if (!step.output_scales.empty()) {
      attr.set_output_scales(2, step.output_scales);
      const std::int32_t zero_point = plan_.values[step.inputs[0]].quantization.zero_point;
      if (zero_point != 0) attr.set_zero_points(DNNL_ARG_SRC, 0, {zero_point});
    }
    dnnl::post_ops ops;
    for (std::size_t i = 0; i < post_op_count; ++i) {
      const PostOp& post_op = step.post_ops[i];
      switch (post_op.kind) {
        case PostOp::Kind::kEltwise:
          ops.append_eltwise(1, post_op.algorithm, post_op.alpha, post_op.beta);
          break;
        case PostOp::Kind::kBinary:
          ops.append_binary(post_op.algorithm, operand_desc(post_op));
          break;
        case PostOp::Kind::kSum:
          ops.append_sum();
          break;
      }
    }
    attr.set_post_ops(ops);
    return attr;
  }

  template <class PrimitiveDesc>
  static bool is_slow(const PrimitiveDesc& pd) {
    return std::string_view(pd.impl_info_str()).starts_with("ref");
  }

  /// Makes a primitive description with the step's post-ops inside, or, where oneDNN has no fast code for
  /// that, without them. Returns how many are inside.
  template <class Make>
  auto describe(const Step& step, Make make) {
    auto pd = make(attributes(step, step.post_ops.size()));
    std::size_t inside = step.post_ops.size();
    const bool is_real = plan_.values[step.output].type == model::DataType::kFloat32;
    if (inside > 0 && is_real && (pd.get(true) == nullptr || is_slow(pd))) {
      auto bare = make(attributes(step, 0));
      if (bare.get(true) != nullptr && (pd.get(true) == nullptr || !is_slow(bare))) {
        pd = bare;
        inside = 0;
      }
    }
    if (pd.get(true) == nullptr)
      throw Error(ErrorCode::kUnsupported, step.label + ": oneDNN has no code for it here");
    return std::pair(pd, inside);
  }

  void append_post_op_arguments(const Step& step, std::size_t inside,
                                std::vector<std::pair<int, int>>& arguments) {
    for (std::size_t i = 0; i < inside; ++i) {
      if (step.post_ops[i].kind != PostOp::Kind::kBinary) continue;
      arguments.emplace_back(DNNL_ARG_ATTR_MULTIPLE_POST_OP(static_cast<int>(i)) | DNNL_ARG_SRC_1,
                             plain_constant(step.post_ops[i].value));
    }
  }

  /// The post-ops that are not inside, one call each, in place.
  void run_post_ops(const Step& step, std::size_t inside, int target) {
    for (std::size_t i = inside; i < step.post_ops.size(); ++i) {
      const PostOp& post_op = step.post_ops[i];
      if (post_op.kind == PostOp::Kind::kEltwise) {
        call_eltwise(post_op.algorithm, post_op.alpha, post_op.beta, target, target);
      } else if (post_op.kind == PostOp::Kind::kBinary) {
        call_binary(post_op.algorithm, target, plain_constant(post_op.value), target);
      } else {
        call_binary(dnnl::algorithm::binary_add, target, place(post_op.value), target);
      }
    }
  }

  void call_eltwise(dnnl::algorithm algorithm, float alpha, float beta, int from, int to) {
    const dnnl::eltwise_forward::desc description(kInference, algorithm, desc(from), alpha, beta);
    const dnnl::eltwise_forward::primitive_desc pd(description, attributes(), engine_);
    add_call(pd, dnnl::eltwise_forward(pd), {{DNNL_ARG_SRC, from}, {DNNL_ARG_DST, to}});
  }

  void call_binary(dnnl::algorithm algorithm, int a, int b, int to) {
    const dnnl::binary::desc description(algorithm, desc(a), desc(b), desc(to));
    const dnnl::binary::primitive_desc pd(description, attributes(), engine_);
    add_call(pd, dnnl::binary(pd), {{DNNL_ARG_SRC_0, a}, {DNNL_ARG_SRC_1, b}, {DNNL_ARG_DST, to}});
  }

  // ---- lifetimes
  // ------------------------------------------------------------------------------------------------

  static bool is_view(const Operation& operation) {
    return std::holds_alternative<Reshape>(operation) || std::holds_alternative<Transpose>(operation) ||
           std::holds_alternative<Slice>(operation);
  }

  /// The value whose memory a view may look into.
  int root(int value) const {
    for (int producer = plan_.values[value].producer; producer >= 0;
         producer = plan_.values[value].producer) {
      if (!is_view(plan_.steps[producer].operation)) break;
      value = plan_.steps[producer].inputs[0];
    }
    return value;
  }

  void find_last_uses() {
    last_use_.assign(plan_.values.size(), 0);
    for (std::size_t i = 0; i < plan_.steps.size(); ++i) {
      for (const int input : plan_.steps[i].inputs) last_use_[root(input)] = i;
      for (const PostOp& post_op : plan_.steps[i].post_ops) {
        if (post_op.value >= 0) last_use_[root(post_op.value)] = i;
      }
    }
    for (const int output : plan_.outputs) last_use_[root(output)] = plan_.steps.size();
  }

  /// Whether this step may write over a memory of `value`.
  bool may_overwrite(int value, int id) const {
    return last_use_[root(value)] == step_ && buffer_of_[id] >= 0;
  }

  /// The memory that a step writes. With a sum inside, that is the memory of the summand, or a copy of it.
  int target(const Step& step, const memory::desc& wanted, std::size_t inside) {
    for (std::size_t i = 0; i < inside; ++i) {
      if (step.post_ops[i].kind != PostOp::Kind::kSum) continue;
      const int other = step.post_ops[i].value;
      const int id = place(other, wanted);
      const bool reads_it = std::any_of(step.inputs.begin(), step.inputs.end(),
                                        [&](int input) { return root(input) == root(other); });
      if (may_overwrite(other, id) && !reads_it) return id;
      const int copy = add_arena(wanted);
      reorder(id, copy);
      return copy;
    }
    return add_arena(wanted);
  }

  void finish_layer(const Step& step, std::size_t inside, int id) {
    run_post_ops(step, inside, id);
    places_[step.output] = {id};
  }

  // ---- operations
  // -----------------------------------------------------------------------------------------------

  /// oneDNN's Winograd convolution needs 2.25 times fewer multiplications (Lavin and Gray, 2015), in f32
  /// only.
  bool suits_winograd(const Step& step, const Convolution& layer) const {
    const Dims& weights = plan_.values[layer.weights].shape;
    return options_.real == memory::data_type::f32 && step.output_scales.empty() && layer.groups == 1 &&
           weights[2] == 3 && weights[3] == 3 && layer.strides == Dims{1, 1} &&
           layer.dilations == Dims{1, 1} && weights[0] >= 8 && weights[1] >= 8 &&
           std::none_of(step.post_ops.begin(), step.post_ops.end(),
                        [](const PostOp& op) { return op.kind == PostOp::Kind::kBinary; });
  }

  void build(const Step& step, const Convolution& layer) {
    const Value& input = plan_.values[step.inputs[0]];
    const Value& output = plan_.values[step.output];
    const Value& weights = plan_.values[layer.weights];
    Dims weight_dims = weights.shape;
    if (layer.groups > 1) {
      weight_dims[0] /= layer.groups;
      weight_dims.insert(weight_dims.begin(), layer.groups);
    }
    const memory::data_type type = input_type(step);
    const memory::data_type weight_type = step.output_scales.empty() ? type : memory::data_type::s8;
    const memory::desc bias =
        layer.bias < 0 ? memory::desc() : plain({weights.shape[0]}, memory::data_type::f32);
    const Dims dilates = {layer.dilations[0] - 1, layer.dilations[1] - 1};
    // Few channels: there is fast code for images as they come.
    const bool is_image = step.output_scales.empty() && input.shape[1] <= 3 &&
                          desc(place(step.inputs[0])) == plain(input.shape, type);
    const memory::desc source = is_image ? plain(input.shape, type) : any(input.shape, type);
    const auto make_with = [&](dnnl::algorithm algorithm) {
      return [&, algorithm](const primitive_attr& attr) {
        const dnnl::convolution_forward::desc description(
            kInference, algorithm, source, any(weight_dims, weight_type), bias,
            any(output.shape, type_of(step.output)), layer.strides, dilates, layer.pads_begin,
            layer.pads_end);
        return dnnl::convolution_forward::primitive_desc(description, attr, engine_, true);
      };
    };
    dnnl::convolution_forward::primitive_desc pd;
    std::size_t inside = step.post_ops.size();
    if (suits_winograd(step, layer)) {
      pd = make_with(dnnl::algorithm::convolution_winograd)(attributes(step, inside));
    }
    if (pd.get(true) == nullptr) {
      std::tie(pd, inside) = describe(step, make_with(dnnl::algorithm::convolution_direct));
    }
    const int from = place(step.inputs[0], pd.src_desc());
    const int to = target(step, pd.dst_desc(), inside);
    std::vector<std::pair<int, int>> arguments = {
        {DNNL_ARG_SRC, from},
        {DNNL_ARG_WEIGHTS,
         constant(layer.weights, plain(weight_dims, data_type(weights.constant->type)), pd.weights_desc())},
        {DNNL_ARG_DST, to}};
    if (layer.bias >= 0) arguments.emplace_back(DNNL_ARG_BIAS, plain_constant(layer.bias));
    append_post_op_arguments(step, inside, arguments);
    add_call(pd, dnnl::convolution_forward(pd), std::move(arguments));
    finish_layer(step, inside, to);
  }

  void build(const Step& step, const Dense& layer) {
    const Value& input = plan_.values[step.inputs[0]];
    const Value& output = plan_.values[step.output];
    const Value& weights = plan_.values[layer.weights];
    const std::int64_t outputs = output.shape[1];
    Dims weight_dims = input.shape;
    weight_dims[0] = outputs;
    const memory::data_type stored = data_type(weights.constant->type);
    memory::desc from_weights = plain(weight_dims, stored);
    if (layer.transposed) {
      Dims strides(weight_dims.size(), outputs);
      for (std::size_t axis = weight_dims.size(); axis-- > 2;)
        strides[axis - 1] = strides[axis] * weight_dims[axis];
      strides[0] = 1;
      from_weights = memory::desc(weight_dims, stored, strides);
    }
    const memory::data_type type = input_type(step);
    const memory::data_type weight_type = step.output_scales.empty() ? type : memory::data_type::s8;
    const memory::desc bias = layer.bias < 0 ? memory::desc() : plain({outputs}, memory::data_type::f32);
    const auto [pd, inside] = describe(step, [&](const primitive_attr& attr) {
      const dnnl::inner_product_forward::desc description(kInference, any(input.shape, type),
                                                          any(weight_dims, weight_type), bias,
                                                          any(output.shape, type_of(step.output)));
      return dnnl::inner_product_forward::primitive_desc(description, attr, engine_, true);
    });
    const int from = place(step.inputs[0], pd.src_desc());
    const int to = target(step, pd.dst_desc(), inside);
    std::vector<std::pair<int, int>> arguments = {
        {DNNL_ARG_SRC, from},
        {DNNL_ARG_WEIGHTS, constant(layer.weights, from_weights, pd.weights_desc())},
        {DNNL_ARG_DST, to}};
    if (layer.bias >= 0) arguments.emplace_back(DNNL_ARG_BIAS, plain_constant(layer.bias));
    append_post_op_arguments(step, inside, arguments);
    add_call(pd, dnnl::inner_product_forward(pd), std::move(arguments));
    finish_layer(step, inside, to);
  }

  void build(const Step& step, const Pool& layer) {
    const int from = place(step.inputs[0]);
    const Dims& shape = plan_.values[step.output].shape;
    const auto [pd, inside] = describe(step, [&](const primitive_attr& attr) {
      const dnnl::pooling_forward::desc description(kInference, layer.algorithm, desc(from),
                                                    any(shape, desc(from).data_type()), layer.strides,
                                                    layer.kernel, layer.pads_begin, layer.pads_end);
      return dnnl::pooling_forward::primitive_desc(description, attr, engine_, true);
    });
    const int to = target(step, pd.dst_desc(), inside);
    std::vector<std::pair<int, int>> arguments = {{DNNL_ARG_SRC, from}, {DNNL_ARG_DST, to}};
    append_post_op_arguments(step, inside, arguments);
    add_call(pd, dnnl::pooling_forward(pd), std::move(arguments));
    finish_layer(step, inside, to);
  }

  void build(const Step& step, const Eltwise& operation) {
    const int from = place(step.inputs[0]);
    const int to = may_overwrite(step.inputs[0], from) ? from : add_arena(desc(from));
    call_eltwise(operation.algorithm, operation.alpha, operation.beta, from, to);
    places_[step.output] = {to};
  }

  void build(const Step& step, const Binary& operation) {
    const int a = place(step.inputs[0]);
    int b = place(step.inputs[1]);
    const bool is_constant = plan_.values[step.inputs[1]].constant != nullptr;
    if (!is_constant && desc(a).dims() == desc(b).dims()) b = place(step.inputs[1], desc(a));
    const auto [pd, inside] = describe(step, [&](const primitive_attr& attr) {
      const dnnl::binary::desc description(operation.algorithm, desc(a), desc(b), desc(a));
      return dnnl::binary::primitive_desc(description, attr, engine_, true);
    });
    const int to = target(step, pd.dst_desc(), inside);
    std::vector<std::pair<int, int>> arguments = {
        {DNNL_ARG_SRC_0, a}, {DNNL_ARG_SRC_1, b}, {DNNL_ARG_DST, to}};
    append_post_op_arguments(step, inside, arguments);
    add_call(pd, dnnl::binary(pd), std::move(arguments));
    finish_layer(step, inside, to);
  }

  void build(const Step& step, const Softmax& operation) {
    const int from = place(step.inputs[0]);
    const int to = add_arena(desc(from));
    const dnnl::softmax_forward::desc description(kInference, desc(from), operation.axis);
    const dnnl::softmax_forward::primitive_desc pd(description, attributes(), engine_);
    add_call(pd, dnnl::softmax_forward(pd), {{DNNL_ARG_SRC, from}, {DNNL_ARG_DST, to}});
    places_[step.output] = {to};
  }

  void build(const Step& step, const Concat& operation) {
    std::vector<memory::desc> parts;
    std::vector<std::pair<int, int>> arguments;
    for (std::size_t i = 0; i < step.inputs.size(); ++i) {
      const int id = place(step.inputs[i]);
      parts.push_back(desc(id));
      arguments.emplace_back(DNNL_ARG_MULTIPLE_SRC + static_cast<int>(i), id);
    }
    const dnnl::concat::primitive_desc pd(operation.axis, parts, engine_, attributes());
    const int to = add_arena(pd.dst_desc());
    arguments.emplace_back(DNNL_ARG_DST, to);
    add_call(pd, dnnl::concat(pd), std::move(arguments));
    places_[step.output] = {to};
  }

  void build(const Step& step, const Reshape&) {
    const int from = place(step.inputs[0]);
    const Dims& shape = plan_.values[step.output].shape;
    const memory::desc view = desc(from).reshape(shape, true);
    if (view.dims() == shape) {
      places_[step.output] = {add_view(view, from)};
    } else {
      const int straight = place_plain(step.inputs[0]);
      places_[step.output] = {add_view(plain(shape, desc(straight).data_type()), straight)};
    }
  }

  void build(const Step& step, const Transpose& operation) {
    const int from = place(step.inputs[0]);
    std::vector<int> order(operation.order.size());  // oneDNN's: where each axis goes
    for (std::size_t axis = 0; axis < order.size(); ++axis)
      order[operation.order[axis]] = static_cast<int>(axis);
    places_[step.output] = {add_view(desc(from).permute_axes(order), from)};
  }

  void build(const Step& step, const Slice& operation) {
    const Dims& shape = plan_.values[step.output].shape;
    int from = place(step.inputs[0]);
    memory::desc view = desc(from).submemory_desc(shape, operation.offsets, true);
    if (view.dims() != shape) {
      from = place_plain(step.inputs[0]);
      view = desc(from).submemory_desc(shape, operation.offsets);
    }
    const int to = add_arena(plain(shape, view.data_type()));
    reorder(add_view(view, from), to);
    places_[step.output] = {to};
  }

  void build(const Step& step, const Resize& operation) {
    const int from = place(step.inputs[0]);
    const Value& output = plan_.values[step.output];
    const auto [pd, inside] = describe(step, [&](const primitive_attr& attr) {
      const dnnl::resampling_forward::desc description(kInference, operation.algorithm, desc(from),
                                                       any(output.shape, desc(from).data_type()));
      return dnnl::resampling_forward::primitive_desc(description, attr, engine_, true);
    });
    const int to = target(step, pd.dst_desc(), inside);
    add_call(pd, dnnl::resampling_forward(pd), {{DNNL_ARG_SRC, from}, {DNNL_ARG_DST, to}});
    finish_layer(step, inside, to);
  }

  void build(const Step& step, const Requantize&) {
    const Value& input = plan_.values[step.inputs[0]];
    const Value& output = plan_.values[step.output];
    const int from = place(step.inputs[0]);
    primitive_attr attr = attributes();
    attr.set_output_scales(0, {input.quantization.scale / output.quantization.scale});
    if (input.quantization.zero_point != 0)
      attr.set_zero_points(DNNL_ARG_SRC, 0, {input.quantization.zero_point});
    if (output.quantization.zero_point != 0)
      attr.set_zero_points(DNNL_ARG_DST, 0, {output.quantization.zero_point});
    memory::desc wanted = desc(from);
    wanted.data.data_type = memory::convert_to_c(type_of(step.output));
    const int to = add_arena(wanted);
    reorder(from, to, attr);
    places_[step.output] = {to};
  }

  Program finish() {
    program_.arena_bytes = place_buffers(buffers_);
    for (std::size_t i = 0; i < program_.memories.size(); ++i) {
      if (buffer_of_[i] >= 0)
        program_.memories[i].placement = {Placement::Kind::kArena, buffers_[buffer_of_[i]].offset};
    }
    return std::move(program_);
  }

  const Plan& plan_;
  const model::Model& model_;
  const BuildOptions& options_;
  const dnnl::engine& engine_;
  WeightStore& shared_;
  std::vector<std::vector<int>> places_;  ///< by value: memories that hold it, in different layouts
  std::vector<int> buffer_of_;            ///< by memory: its buffer, -1: not in the arena
  std::vector<Buffer> buffers_;
  std::vector<std::size_t> last_use_;  ///< by value: the last step that reads it
  std::size_t step_ = 0;
  Program program_;
};

}  // namespace

Program build_program(const Plan& plan, const model::Model& model, const BuildOptions& options,
                      const dnnl::engine& engine, WeightStore& shared) {
  return Builder(plan, model, options, engine, shared).run();
}

}  // namespace mien::engine
