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

/// Affine quantization of a tensor: float = scale * (stored - zero_point).
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
      nullptr;        ///< contents, if known at planning time; such a value has no producer
  int producer = -1;  ///< the step that computes it; -1: the input or a constant
  model::DataType type = model::DataType::kFloat32;  ///< f32, u8 or s8; unused for constants
  Quantization quantization;                         ///< of u8 and s8
};

/// An operation on the result of a step before it is stored.
struct PostOp {
  enum class Kind {
    kEltwise,  ///< algorithm with alpha and beta
    kBinary,   ///< algorithm with `value`, a constant with one number per channel or one in total
    kSum,      ///< adds `alpha` times `value`, of the same shape, in f32 or as stored in 8 bits
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
  int weights = -1;  ///< [outputs, inputs], or [inputs, outputs] if `transposed`
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
  dnnl::algorithm algorithm;  ///< of two inputs; the second may be broadcast to the first
};
struct Softmax {
  int axis;
};
struct Concat {
  int axis;
};
struct Reshape {};  ///< same values in C order
struct Transpose {
  std::vector<int> order;  ///< output axis i is input axis order[i]
};
struct Slice {
  Dims offsets;
};
struct Resize {
  dnnl::algorithm algorithm;
};
struct Requantize {
};  ///< between f32, u8 and s8, according to the types and quantizations of the values

using Operation = std::variant<Convolution, Dense, Pool, Eltwise, Binary, Softmax, Concat, Reshape,
                               Transpose, Slice, Resize, Requantize>;

struct Step {
  Operation operation;
  std::string label;        ///< of the node, for messages
  std::string name;         ///< of the node, or of the converted value
  std::vector<int> inputs;  ///< values, without weights
  int output = -1;
  std::vector<PostOp> post_ops;
  std::vector<float> output_scales;  ///< of an 8-bit layer's s32 sums, one per output channel,
                                     ///< applied before the post-ops; empty for other steps
  std::int64_t multiply_adds = 0;
};

/// A model for one input shape: all shapes are known; activations and sums are fused into the
/// preceding steps.
struct Plan {
  std::vector<Value> values;
  std::vector<Step> steps;  ///< in the order of execution
  int input = -1;
  std::vector<int> outputs;
  std::deque<model::Tensor> constants;  ///< computed ones, in addition to the model's initializers

  Plan() = default;
  Plan(Plan&&) = default;
  Plan(const Plan&) = delete;  // values point into constants
};

/// How to execute layers between QuantizeLinear and DequantizeLinear nodes.
enum class Arithmetic {
  kQuantized,  ///< in 8 bits
  kFloat,      ///< in f32 or bf16, with dequantized weights and unquantized activations
};

/// Plans a simplified model, which must outlive the plan. Throws Error kUnsupported or kBadFormat
/// naming the node, kInvalidArgument if the graph does not accept the shape.
Plan make_plan(const model::Model& model, const InputShape& shape, Arithmetic arithmetic);

/// Whether make_plan supports an operator, at least with some attributes.
bool is_supported(const std::string& op_type);

}  // namespace mien::engine
