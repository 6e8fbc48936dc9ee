#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "model/model.hpp"

namespace mien::explain {

/// A dense array of f32 in C order.
struct Array {
  std::vector<std::int64_t> shape;
  std::vector<float> values;
};

/// The last layers of a network, behind the activations that Grad-CAM looks at, with their
/// derivative: the engine runs forwards only, and LibTorch is not part of the runtime. Plain loops
/// in f32 for one image: a head is a small part of a network's work. Immutable.
class Head {
 public:
  /// A graph with one input and one output (model::subgraph). Knows Conv of two dimensions without
  /// dilation, Gemm, MatMul by a constant, Relu, LeakyRelu, Sigmoid, HardSwish, Clip, Add, Mul,
  /// BatchNormalization, MaxPool, AveragePool, GlobalAveragePool, ReduceMean over height and width,
  /// Flatten, Reshape to rows, Identity and Dropout; QuantizeLinear and DequantizeLinear pass real
  /// numbers on. Throws Error kUnsupported naming any other node.
  explicit Head(model::Model graph);

  struct Derivative {
    std::vector<float> outputs;  ///< of the graph, e.g. the logits
    Array gradient;              ///< d outputs[which] / d input, of the input's shape
  };
  /// `input` is [1, C, H, W] or [1, C]. Throws Error kInvalidArgument where the graph has no output
  /// `which`, kUnsupported where it does not take the shape, or a node has a form whose derivative
  /// it does not know (it names the node).
  Derivative differentiate(const Array& input, std::size_t which) const;

 private:
  model::Model graph_;
  std::map<std::string, Array> constants_;
};

}  // namespace mien::explain
