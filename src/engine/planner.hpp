#pragma once

#include <optional>
#include <string>
#include <unordered_map>

#include "engine/fold.hpp"
#include "engine/plan.hpp"

namespace mien::engine {

/// Weights in 8 bits or a bias in 32: float = scale * (stored - zero_point), with one scale and
/// zero point in total or one per index of `axis`.
struct QuantizedConstant {
  int stored = -1;  ///< the value that holds the integers
  std::vector<float> scales;
  std::vector<std::int32_t> zero_points;
  std::size_t axis = 0;
};

/// Builds a plan: the lowering functions of the operators read existing values and append steps.
class Planner {
 public:
  Planner(const model::Model& model, const InputShape& shape, Arithmetic arithmetic);

  Plan run();

  std::int64_t opset() const { return model_.opset; }
  Arithmetic arithmetic() const { return arithmetic_; }
  Plan& plan() { return plan_; }
  const Value& value(int id) const { return plan_.values[id]; }
  /// The step that computes a value. Precondition: there is one.
  Step& producer(int id) { return plan_.steps[value(id).producer]; }

  /// Whether a node has an input (optional ones may be missing or have an empty name).
  static bool has_input(const model::Node& node, std::size_t index);
  /// The value of an input. The output of a DequantizeLinear is a placeholder for its 8-bit source
  /// (see quantized).
  int operand(const model::Node& node, std::size_t index) const;
  /// The same in f32, converted by a step if necessary. Throws kUnsupported for a constant.
  int float_input(const model::Node& node, std::size_t index);
  int float_input(int id);
  /// The 8-bit source of a dequantized value, or -1.
  int quantized(int id) const;
  /// The contents of a constant (f32 if dequantized); null if the value is computed at run time.
  const model::Tensor* known(int id);
  /// An input that must be a constant; null if omitted. Throws kUnsupported if it is computed at
  /// run time.
  const model::Tensor* constant(const model::Node& node, std::size_t index);
  /// The 8-bit constant that a DequantizeLinear reads; null if `id` is not the output of one.
  const QuantizedConstant* quantized_constant(int id) const;

  int add_value(const model::Node& node, Dims shape);
  int add_constant(model::Tensor tensor);
  /// Appends a step that computes a new value of that shape.
  int emit(const model::Node& node, Operation operation, std::vector<int> inputs, Dims shape);
  /// Makes a value the node's output; a value may be the output of several nodes.
  void define(const model::Node& node, int id, std::size_t index = 0);
  /// Makes the dequantized form of `quantized`, computed or constant, the node's output.
  void define_dequantized(const model::Node& node, int quantized);
  void define_dequantized(const model::Node& node, QuantizedConstant constant);

  /// For operators that only move values and therefore work on 8-bit values directly: the first
  /// input; a step whose output has the type of its input; and the definition of the output.
  int view_operand(const model::Node& node);
  int emit_view(const model::Node& node, Operation operation, int input, Dims shape);
  void define_view(const model::Node& node, int id);

  /// The step that makes `id`, where it can take post-ops and nothing else has used the value yet;
  /// else null. It may be behind views (Reshape, Transpose), which element-wise functions do not
  /// mind.
  Step* fusible(int id);
  Step* fusible_behind_views(int id);
  /// Records that an operation was fused into the step of a value: its earlier uses no longer
  /// count.
  int fused(int id);

  /// Appends an element-wise function, fused if possible.
  int eltwise(const model::Node& node, int input, dnnl::algorithm algorithm, float alpha,
              float beta);
  /// Appends an operation with a constant that has one number per channel, fused if possible.
  int per_channel(const model::Node& node, int input, dnnl::algorithm algorithm, int constant);
  /// A view of a value in another shape with as many elements.
  int reshape(const model::Node& node, int input, Dims shape);

 private:
  /// The value with a name; throws kUnsupported naming the node if its lowering does not define
  /// that output.
  int find(const std::string& name) const;
  const model::Tensor& keep(model::Tensor constant);
  bool used_once(int id) const;
  bool fold_node(const model::Node& node);
  void drop_dead_steps();

  const model::Model& model_;
  InputShape shape_;
  Arithmetic arithmetic_;
  Plan plan_;
  ConstantBudget budget_;
  std::unordered_map<std::string, int> ids_;
  std::unordered_map<std::string, int> uses_;  ///< of a name
  std::unordered_map<int, int> value_uses_;    ///< of all names of a value
  std::unordered_map<int, int> dequantized_;   ///< value -> its 8-bit source
  std::unordered_map<int, QuantizedConstant> quantized_constants_;
  std::unordered_map<int, int> float_values_;  ///< 8-bit value -> the f32 value converted from it
};

/// Whether append_eltwise can append a function with this algorithm.
bool takes_eltwise(const Step& step, dnnl::algorithm algorithm);
/// Appends an element-wise function to the post-ops; consecutive linear functions become one.
void append_eltwise(Step& step, dnnl::algorithm algorithm, float alpha, float beta);

/// Lowers one node.
using Lowering = void (*)(Planner&, const model::Node&);

/// The lowering function of an operator; null if there is none.
Lowering find_layer(const std::string& op_type);
Lowering find_elementwise(const std::string& op_type);
Lowering find_rearrangement(const std::string& op_type);
Lowering find_quantization(const std::string& op_type);

}  // namespace mien::engine
