#pragma once

#include <deque>
#include <dnnl.hpp>
#include <string>
#include <variant>
#include <vector>

#include "engine/attributes.hpp"
#include "engine/options.hpp"
#include "model/model.hpp"

namespace mien::engine {

/// How the eight-bit numbers of a value stand for real ones: real = scale * (stored - zero_point).
struct Quantization {
  float scale = 1;
  std::int32_t zero_point = 0;

  bool operator==(const Quantization&) const = default;
};

/// A tensor of the plan.
struct Value {
  std::string name;
  Dims shape;
  const model::Tensor* constant =
      nullptr;        ///< its contents where they are known; not made by a step then
  int producer = -1;  ///< the step that makes it; -1: the input or a constant
  model::DataType type =
      model::DataType::kFloat32;  ///< of values that are not constants: f32, u8 or s8
  Quantization quantization;      ///< of u8 and s8
};

/// What is done to the result of a step before it is stored.
struct PostOp {
  enum class Kind {
    kEltwise,  ///< algorithm with alpha and beta
    kBinary,   ///< algorithm with `value`, a constant of one number a channel or one alone
    kSum,  ///< adds `alpha` times `value`, of the same shape: f32, or the numbers that stand for it
           ///< in eight bits
  };
  Kind kind = Kind::kEltwise;
  dnnl::algorithm algorithm = dnnl::algorithm::undef;
  float alpha = 0;
  float beta = 0;
  int value = -1;
};

struct Convolution {
  Dims strides, dilations, pads_begin, pads_end;  ///< height, width
  std::int64_t groups = 1;
  int weights = -1;  ///< [output channels, input channels / groups, height, width]
  int bias = -1;     ///< -1: none
};
struct Dense {
  int weights = -1;  ///< [outputs, inputs], or [inputs, outputs] where `transposed`
  int bias = -1;     ///< -1: none
  bool transposed = false;
};
struct Pool {
  dnnl::algorithm algorithm;
  Dims kernel, strides, pads_begin, pads_end;  ///< height, width
};
struct Eltwise {
  dnnl::algorithm algorithm;
  float alpha = 0;
  float beta = 0;
};
struct Binary {
  dnnl::algorithm
      algorithm;  ///< of two inputs; the second may have dimensions of 1 where the first has more
};
struct Softmax {
  int axis;
};
struct Concat {
  int axis;
};
struct Reshape {};  ///< the same numbers in C order
struct Transpose {
  std::vector<int> order;  ///< output axis i is input axis order[i]
};
struct Slice {
  Dims offsets;
};
struct Resize {
  dnnl::algorithm algorithm;
};
struct Requantize {};  ///< between f32, u8 and s8, as the values' types and quantizations say

using Operation = std::variant<Convolution, Dense, Pool, Eltwise, Binary, Softmax, Concat, Reshape,
                               Transpose, Slice, Resize, Requantize>;

struct Step {
  Operation operation;
  std::string label;        ///< of the node, for messages
  std::string name;         ///< of the node, or of the value that is converted
  std::vector<int> inputs;  ///< values, without weights
  int output = -1;
  std::vector<PostOp> post_ops;
  std::vector<float> output_scales;  ///< of eight-bit sums, one a channel, applied before the
                                     ///< post-ops; empty: none
  std::int64_t multiply_adds = 0;
};

/// A model for one input shape: every shape known, activations and sums fused into the steps before
/// them.
struct Plan {
  std::vector<Value> values;
  std::vector<Step> steps;  ///< in the order of execution
  int input = -1;
  std::vector<int> outputs;
  std::deque<model::Tensor> constants;  ///< those that are not the model's own

  Plan() = default;
  Plan(Plan&&) = default;
  Plan(const Plan&) = delete;  // values point into constants
};

/// What becomes of QuantizeLinear and DequantizeLinear.
enum class Arithmetic {
  kAsWritten,  ///< layers between them compute in eight bits
  kReal,       ///< all layers compute in f32 or bf16, on the weights that the stored ones stand for
};

/// Plans a simplified model, which must outlive the plan. Throws Error kUnsupported or kBadFormat
/// naming the node, kInvalidArgument where the graph does not take the shape.
Plan make_plan(const model::Model& model, const InputShape& shape, Arithmetic arithmetic);

/// Whether make_plan knows an operator at all.
bool is_supported(const std::string& op_type);

}  // namespace mien::engine
