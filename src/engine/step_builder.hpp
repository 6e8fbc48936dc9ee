#pragma once

#include <dnnl.hpp>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/builder.hpp"
#include "engine/program_writer.hpp"

namespace mien::engine {

/// C order.
dnnl::memory::desc plain(const Dims& dims, dnnl::memory::data_type type);
/// Lets the primitive choose the layout.
dnnl::memory::desc any(const Dims& dims, dnnl::memory::data_type type);
dnnl::memory::data_type data_type(model::DataType type);

/// Translates the steps of a plan to calls.
class StepBuilder {
 public:
  StepBuilder(const Plan& plan, const model::Model& model, const BuildOptions& options,
              const dnnl::engine& engine, WeightStore& shared);

  Program run();

 private:
  // Layers (step_builder_layers.cpp).
  void build(const Step& step, const Convolution& layer);
  void build(const Step& step, const Dense& layer);
  void build(const Step& step, const Pool& layer);
  // The rest.
  void build(const Step& step, const Eltwise& operation);
  void build(const Step& step, const Binary& operation);
  void build(const Step& step, const Softmax& operation);
  void build(const Step& step, const Concat& operation);
  void build(const Step& step, const Reshape& operation);
  void build(const Step& step, const Transpose& operation);
  void build(const Step& step, const Slice& operation);
  void build(const Step& step, const Resize& operation);
  void build(const Step& step, const Requantize& operation);

  const Value& value(int id) const { return plan_.values[id]; }
  const dnnl::memory::desc& desc(int memory) const { return writer_.desc(memory); }

  /// A constant, stored in the layout `from`, in the layout `to`.
  int constant(int value, const dnnl::memory::desc& from, const dnnl::memory::desc& to);
  int plain_constant(int value);
  /// The bias of a layer, in the unit that oneDNN expects.
  int bias(const Step& step, int value);
  /// A memory that holds a value: in any layout, in that layout, or in C order.
  int place(int value);
  int place(int value, const dnnl::memory::desc& wanted);
  int place_plain(int value);

  /// Type of a computed value; f32 for graph outputs.
  dnnl::memory::data_type output_type(int value) const;
  /// Types of a layer's input and weights.
  dnnl::memory::data_type input_type(const Step& step) const;
  dnnl::memory::data_type weight_type(const Step& step) const;

  /// Whether a primitive that writes `type` adds the summand in place, from the memory that it
  /// writes; otherwise the summand is a separate argument.
  bool is_in_place(const PostOp& sum, dnnl::memory::data_type type) const;
  /// Attributes of a primitive that writes `type`, with the first `inside` post-ops.
  onednn::Attributes attributes(const Step& step, std::size_t inside, dnnl::memory::data_type type);
  void append_post_op_arguments(const Step& step, std::size_t inside, dnnl::memory::data_type type,
                                Arguments& arguments);
  /// Appends the remaining post-ops, one call each, in place, and the conversion to 8 bits if the
  /// primitive does not do it.
  void finish(const Step& step, std::size_t inside, int memory);

  /// Whether this is one of oneDNN's reference implementations, which are hundreds of times slower.
  template <class PrimitiveDesc>
  static bool is_slow(const PrimitiveDesc& pd) {
    return std::string_view(pd.impl_info_str()).starts_with("ref");
  }
  template <class PrimitiveDesc>
  static bool is_fast(const PrimitiveDesc& pd) {
    return onednn::exists(pd) && !is_slow(pd);
  }

  /// Appends the call of a convolution or dense layer whose weights are stored as `stored`, and the
  /// rest of the step.
  template <class Primitive, class Layer>
  void call_weighted(const Step& step, const typename Primitive::primitive_desc& pd,
                     std::size_t inside, const Layer& layer, const dnnl::memory::desc& stored) {
    const int from = place(step.inputs[0], pd.src_desc());
    const int to = target(step, pd.dst_desc(), inside);
    Arguments arguments = {{DNNL_ARG_SRC, from},
                           {DNNL_ARG_WEIGHTS, constant(layer.weights, stored, pd.weights_desc())},
                           {DNNL_ARG_DST, to}};
    if (layer.bias >= 0) arguments.emplace_back(DNNL_ARG_BIAS, bias(step, layer.bias));
    writer_.append(arguments, attributes(step, 0, onednn::type(pd.dst_desc())));
    append_post_op_arguments(step, inside, onednn::type(pd.dst_desc()), arguments);
    writer_.call<Primitive>(pd, std::move(arguments), step.multiply_adds);
    finish(step, inside, to);
  }

  /// A primitive descriptor that writes the step's type and includes all post-ops; or, if oneDNN
  /// has no fast implementation of that, one that writes f32 instead of 8 bits or excludes the
  /// post-ops. Also returns how many post-ops it includes.
  template <class Make>
  auto describe(const Step& step, Make make) {
    const dnnl::memory::data_type type = output_type(step.output);
    const bool is_real = value(step.output).type == model::DataType::kFloat32;
    const dnnl::memory::data_type open = is_real ? type : dnnl::memory::data_type::f32;
    const std::size_t all = step.post_ops.size();
    std::size_t inside = all;
    auto pd = make(attributes(step, all, type).attr, type);
    for (const std::size_t count : {all, std::size_t{0}}) {
      if (all == 0 || is_fast(pd)) break;
      if (count == all && open == type) continue;
      auto other = make(attributes(step, count, open).attr, open);
      if (!is_fast(other) && onednn::exists(pd)) continue;
      pd = other;
      inside = count;
    }
    return std::pair(pd, inside);
  }

  template <class PrimitiveDesc>
  static void check_exists(const Step& step, const PrimitiveDesc& pd) {
    if (!onednn::exists(pd))
      throw Error(ErrorCode::kUnsupported, step.label + ": oneDNN does not support it on this CPU");
  }

  bool suits_winograd(const Step& step, const Convolution& layer) const;
  bool keeps_layout(const Step& step);

  int root(int value) const;
  void find_last_uses();
  bool may_overwrite(int value, int memory) const;
  int target(const Step& step, const dnnl::memory::desc& wanted, std::size_t inside);

  const Plan& plan_;
  const model::Model& model_;
  const BuildOptions& options_;
  const dnnl::engine& engine_;
  WeightStore& shared_;
  ProgramWriter writer_;
  std::vector<std::vector<int>>
      places_;  ///< by value: the memories that hold it, in different layouts
  std::vector<std::size_t> last_use_;  ///< by value: the last step that reads it
  std::size_t step_ = 0;
};

}  // namespace mien::engine
