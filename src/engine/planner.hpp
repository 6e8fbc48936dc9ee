#pragma once

#include <optional>
#include <string>
#include <unordered_map>

#include "engine/fold.hpp"
#include "engine/plan.hpp"

namespace mien::engine {

/// Weights in eight bits (or a bias in 32): real = scale * (stored - zero_point), one of each for
/// all or along `axis`.
struct QuantizedConstant {
  int stored = -1;  ///< the value with the integers
  std::vector<float> scales;
  std::vector<std::int32_t> zero_points;
  std::size_t axis = 0;
};

/// A plan in the making: the operators' lowering functions read the values that are there and add
/// steps.
class Planner {
 public:
  Planner(const model::Model& model, const InputShape& shape, Arithmetic arithmetic);

  Plan run();

  std::int64_t opset() const { return model_.opset; }
  Arithmetic arithmetic() const { return arithmetic_; }
  Plan& plan() { return plan_; }
  const Value& value(int id) const { return plan_.values[id]; }
  /// The step that makes a value; there must be one.
  Step& producer(int id) { return plan_.steps[value(id).producer]; }

  /// Whether a node has an input (it may be left out at the end or as an empty name).
  static bool has_input(const model::Node& node, std::size_t index);
  /// The value of an input; of a DequantizeLinear it is one that stands for its eight-bit source
  /// (see quantized).
  int operand(const model::Node& node, std::size_t index) const;
  /// The same as f32, converted by a step where need be. Never a constant: throws kUnsupported.
  int real(const model::Node& node, std::size_t index);
  int real(int id);
  /// The eight-bit value behind a dequantized one, or -1.
  int quantized(int id) const;
  /// A constant's contents, those behind a DequantizeLinear as f32; null where the value is
  /// computed.
  const model::Tensor* known(int id);
  /// An input that must be a constant; null where it is left out. Throws kUnsupported where it is
  /// computed.
  const model::Tensor* constant(const model::Node& node, std::size_t index);
  /// The eight-bit constant behind a DequantizeLinear; null where there is none.
  const QuantizedConstant* quantized_constant(int id) const;

  int add_value(const model::Node& node, Dims shape);
  int add_constant(model::Tensor tensor);
  /// Appends a step that makes a new value of that shape.
  int emit(const model::Node& node, Operation operation, std::vector<int> inputs, Dims shape);
  /// Names a value as the node's output; it may have names already.
  void define(const model::Node& node, int id, std::size_t index = 0);
  /// Names a value that stands for `quantized`, computed or constant, as f32.
  void define_dequantized(const model::Node& node, int quantized);
  void define_dequantized(const model::Node& node, QuantizedConstant constant);

  /// Operators that only move numbers about work on eight-bit values as they are: their first
  /// input, a step like emit's whose output is of the input's type, and the naming of the output.
  int view_operand(const model::Node& node);
  int emit_view(const model::Node& node, Operation operation, int input, Dims shape);
  void define_view(const model::Node& node, int id);

  /// The step that makes `id`, where it can take post-ops and nothing else has used the value yet;
  /// else null. It may be behind views (Reshape, Transpose), which element-wise functions do not
  /// mind.
  Step* fusible(int id);
  Step* fusible_behind_views(int id);
  /// The value has become another one by a fusion with its step: what used it so far counts no
  /// more.
  int fused(int id);

  /// Appends an element-wise function: fused where possible.
  int eltwise(const model::Node& node, int input, dnnl::algorithm algorithm, float alpha,
              float beta);
  /// Appends an operation with a constant of one number a channel: fused where possible.
  int per_channel(const model::Node& node, int input, dnnl::algorithm algorithm, int constant);
  /// A view of a value in another shape of as many elements.
  int reshape(const model::Node& node, int input, Dims shape);

 private:
  /// The value of a name; throws kUnsupported naming the node whose lowering does not define it.
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
  std::unordered_map<int, int> dequantized_;   ///< value -> its eight-bit source
  std::unordered_map<int, QuantizedConstant> quantized_constants_;
  std::unordered_map<int, int> realized_;  ///< eight-bit value -> the f32 value made from it
};

/// Whether append_eltwise can add such a function.
bool takes_eltwise(const Step& step, dnnl::algorithm algorithm);
/// Adds an element-wise function to the post-ops; a line after a line becomes one.
void append_eltwise(Step& step, dnnl::algorithm algorithm, float alpha, float beta);

/// Lowers one node.
using Lowering = void (*)(Planner&, const model::Node&);

/// By operator; null where there is none.
Lowering find_layer(const std::string& op_type);
Lowering find_elementwise(const std::string& op_type);
Lowering find_rearrangement(const std::string& op_type);
Lowering find_quantization(const std::string& op_type);

}  // namespace mien::engine
