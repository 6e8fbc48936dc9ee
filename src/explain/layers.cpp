#include "explain/layers.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "engine/attributes.hpp"
#include "mien/error.hpp"

namespace mien::explain {
namespace {

using model::Node;

const Array& require(const Node& node, Inputs inputs, std::size_t index) {
  if (index >= inputs.size() || inputs[index] == nullptr) engine::malformed(node, "lacks an input");
  return *inputs[index];
}

// Dense layers
// -------------------------------------------------------------------------------------------------------

struct Matrix {
  std::int64_t outputs, inputs;
  std::int64_t output_step, input_step;  ///< in the array of weights
};

/// Weights [outputs, inputs], or [inputs, outputs] without transB.
Matrix matrix_of(const Node& node, Inputs inputs) {
  const std::vector<std::int64_t>& shape = require(node, inputs, 1).shape;
  if (shape.size() != 2) engine::unsupported(node, "weights of other than two dimensions");
  const bool rows_are_outputs =
      node.op_type == "Gemm" && engine::integer_attribute(node, "transB", 0) != 0;
  const Matrix matrix = rows_are_outputs ? Matrix{shape[0], shape[1], shape[1], 1}
                                         : Matrix{shape[1], shape[0], 1, shape[1]};
  if (static_cast<std::int64_t>(require(node, inputs, 0).values.size()) != matrix.inputs)
    engine::unsupported(node, "an input of another size than its weights");
  return matrix;
}

Array dense(const Node& node, Inputs inputs) {
  const Matrix m = matrix_of(node, inputs);
  const Array &x = *inputs[0], &w = *inputs[1];
  const float alpha = engine::float_attribute(node, "alpha", 1),
              beta = engine::float_attribute(node, "beta", 1);
  Array y = zeros({1, m.outputs});
  for (std::int64_t o = 0; o < m.outputs; ++o) {
    float sum = 0;
    for (std::int64_t i = 0; i < m.inputs; ++i)
      sum += w.values[o * m.output_step + i * m.input_step] * x.values[i];
    y.values[o] = alpha * sum;
  }
  if (inputs.size() > 2 && inputs[2] != nullptr) {
    const Array& bias = *inputs[2];
    if (bias.values.size() != 1 && bias.values.size() != y.values.size())
      engine::malformed(node, "has a bias of another size");
    for (std::int64_t o = 0; o < m.outputs; ++o)
      y.values[o] += beta * bias.values[bias.values.size() == 1 ? 0 : o];
  }
  return y;
}

std::vector<Array> dense_back(const Node& node, Inputs inputs, const Array& gradient) {
  const Matrix m = matrix_of(node, inputs);
  const Array& w = *inputs[1];
  const float alpha = engine::float_attribute(node, "alpha", 1);
  Array out = zeros(inputs[0]->shape);
  for (std::int64_t o = 0; o < m.outputs; ++o) {
    const float factor = alpha * gradient.values[o];
    for (std::int64_t i = 0; i < m.inputs; ++i)
      out.values[i] += factor * w.values[o * m.output_step + i * m.input_step];
  }
  return {std::move(out)};
}

// Element by element
// -------------------------------------------------------------------------------------------------

/// f(x) and f'(x) of one operator.
template <float (*F)(const Node&, float)>
Array map(const Node& node, Inputs inputs) {
  Array y = require(node, inputs, 0);
  for (float& value : y.values) value = F(node, value);
  return y;
}
template <float (*Slope)(const Node&, float)>
std::vector<Array> map_back(const Node& node, Inputs inputs, const Array& gradient) {
  Array out = gradient;
  for (std::size_t i = 0; i < out.values.size(); ++i)
    out.values[i] *= Slope(node, inputs[0]->values[i]);
  return {std::move(out)};
}

float relu(const Node&, float x) { return std::max(x, 0.0F); }
float relu_slope(const Node&, float x) { return x > 0 ? 1.0F : 0.0F; }
float leaky(const Node& node) { return engine::float_attribute(node, "alpha", 0.01F); }
float leaky_relu(const Node& node, float x) { return x > 0 ? x : leaky(node) * x; }
float leaky_relu_slope(const Node& node, float x) { return x > 0 ? 1.0F : leaky(node); }
float sigmoid(const Node&, float x) { return 1 / (1 + std::exp(-x)); }
float sigmoid_slope(const Node& node, float x) { return sigmoid(node, x) * (1 - sigmoid(node, x)); }
float hard_swish(const Node&, float x) { return x * std::clamp(x / 6 + 0.5F, 0.0F, 1.0F); }
float hard_swish_slope(const Node&, float x) {
  return x <= -3 ? 0.0F : x >= 3 ? 1.0F : x / 3 + 0.5F;
}

/// An end of a Clip's range: a constant input, and an attribute before opset 11.
float bound(const Node& node, Inputs inputs, std::size_t index, const std::string& name,
            float fallback) {
  if (index >= inputs.size() || inputs[index] == nullptr)
    return engine::float_attribute(node, name, fallback);
  if (inputs[index]->values.size() != 1)
    engine::malformed(node, "has a bound that is not one number");
  return inputs[index]->values[0];
}
float low_bound(const Node& node, Inputs inputs) {
  return bound(node, inputs, 1, "min", std::numeric_limits<float>::lowest());
}
float high_bound(const Node& node, Inputs inputs) {
  return bound(node, inputs, 2, "max", std::numeric_limits<float>::max());
}
Array clip(const Node& node, Inputs inputs) {
  const float low = low_bound(node, inputs), high = high_bound(node, inputs);
  Array y = require(node, inputs, 0);
  for (float& value : y.values) value = std::min(std::max(value, low), high);
  return y;
}
std::vector<Array> clip_back(const Node& node, Inputs inputs, const Array& gradient) {
  const float low = low_bound(node, inputs), high = high_bound(node, inputs);
  Array out = gradient;
  for (std::size_t i = 0; i < out.values.size(); ++i) {
    if (inputs[0]->values[i] <= low || inputs[0]->values[i] >= high) out.values[i] = 0;
  }
  return {std::move(out)};
}

/// Two operands of one rank, or one that is a constant of fewer dimensions: dimensions of 1 repeat.
class Broadcast {
 public:
  Broadcast(const Node& node, Inputs inputs)
      : a_(require(node, inputs, 0)), b_(require(node, inputs, 1)) {
    const std::size_t rank = std::max(a_.shape.size(), b_.shape.size());
    for (std::size_t i = 0; i < rank; ++i) {
      const std::int64_t p = dimension(a_, i, rank), q = dimension(b_, i, rank);
      if (p != q && p != 1 && q != 1)
        engine::malformed(node, "has operands that do not fit each other");
      shape_.push_back(std::max(p, q));
    }
  }
  const std::vector<std::int64_t>& shape() const { return shape_; }

  /// visit(index of the result, index in a, index in b).
  template <class Visit>
  void each(Visit visit) const {
    const std::int64_t count = element_count(shape_);
    for (std::int64_t i = 0; i < count; ++i) visit(i, source(a_, i), source(b_, i));
  }

 private:
  static std::int64_t dimension(const Array& array, std::size_t i, std::size_t rank) {
    const std::size_t missing = rank - array.shape.size();
    return i < missing ? 1 : array.shape[i - missing];
  }
  std::int64_t source(const Array& array, std::int64_t index) const {
    std::int64_t at = 0, step = 1;
    for (std::size_t i = shape_.size(); i-- > 0;) {
      const std::int64_t own = dimension(array, i, shape_.size()), place = index % shape_[i];
      if (own != 1) at += place * step;
      step *= own;
      index /= shape_[i];
    }
    return at;
  }

  const Array &a_, &b_;
  std::vector<std::int64_t> shape_;
};

Array add(const Node& node, Inputs inputs) {
  const Broadcast pairs(node, inputs);
  Array y = zeros(pairs.shape());
  pairs.each(
      [&](auto i, auto a, auto b) { y.values[i] = inputs[0]->values[a] + inputs[1]->values[b]; });
  return y;
}
std::vector<Array> add_back(const Node& node, Inputs inputs, const Array& gradient) {
  std::vector<Array> out = {zeros(inputs[0]->shape), zeros(inputs[1]->shape)};
  Broadcast(node, inputs).each([&](auto i, auto a, auto b) {
    out[0].values[a] += gradient.values[i];
    out[1].values[b] += gradient.values[i];
  });
  return out;
}
Array multiply(const Node& node, Inputs inputs) {
  const Broadcast pairs(node, inputs);
  Array y = zeros(pairs.shape());
  pairs.each(
      [&](auto i, auto a, auto b) { y.values[i] = inputs[0]->values[a] * inputs[1]->values[b]; });
  return y;
}
std::vector<Array> multiply_back(const Node& node, Inputs inputs, const Array& gradient) {
  std::vector<Array> out = {zeros(inputs[0]->shape), zeros(inputs[1]->shape)};
  Broadcast(node, inputs).each([&](auto i, auto a, auto b) {
    out[0].values[a] += gradient.values[i] * inputs[1]->values[b];
    out[1].values[b] += gradient.values[i] * inputs[0]->values[a];
  });
  return out;
}

/// Scale and shift of a channel.
float norm_scale(const Node& node, Inputs inputs, std::size_t channel) {
  return require(node, inputs, 1).values.at(channel) /
         std::sqrt(require(node, inputs, 4).values.at(channel) +
                   engine::float_attribute(node, "epsilon", 1e-5F));
}
std::size_t per_channel(const Array& x) {
  return x.values.size() / static_cast<std::size_t>(x.shape.at(1));
}

Array batch_norm(const Node& node, Inputs inputs) {
  Array y = require(node, inputs, 0);
  const std::size_t size = per_channel(y);
  for (std::size_t i = 0; i < y.values.size(); ++i) {
    const std::size_t c = i / size;
    y.values[i] =
        (y.values[i] - require(node, inputs, 3).values.at(c)) * norm_scale(node, inputs, c) +
        require(node, inputs, 2).values.at(c);
  }
  return y;
}
std::vector<Array> batch_norm_back(const Node& node, Inputs inputs, const Array& gradient) {
  Array out = gradient;
  const std::size_t size = per_channel(out);
  for (std::size_t i = 0; i < out.values.size(); ++i)
    out.values[i] *= norm_scale(node, inputs, i / size);
  return {std::move(out)};
}

// Views
// --------------------------------------------------------------------------------------------------------------

Array same(const Node& node, Inputs inputs) { return require(node, inputs, 0); }
Array row(const Node& node, Inputs inputs) {
  Array y = require(node, inputs, 0);
  y.shape = {1, static_cast<std::int64_t>(y.values.size())};
  return y;
}
Array reshape(const Node& node, Inputs inputs) {
  if (require(node, inputs, 1).values.size() != 2)
    engine::unsupported(node, "Grad-CAM supports Reshape to rows only");
  return row(node, inputs);
}
std::vector<Array> view_back(const Node&, Inputs inputs, const Array& gradient) {
  return {{inputs[0]->shape, gradient.values}};
}

}  // namespace

std::int64_t element_count(const std::vector<std::int64_t>& shape) {
  std::int64_t count = 1;
  for (const std::int64_t dimension : shape) count *= dimension;
  return count;
}

const Layer* find_layer(const std::string& op_type) {
  static const std::map<std::string, Layer> layers = {
      {"Conv", {convolution, convolution_back}},
      {"Gemm", {dense, dense_back}},
      {"MatMul", {dense, dense_back}},
      {"Relu", {map<relu>, map_back<relu_slope>}},
      {"LeakyRelu", {map<leaky_relu>, map_back<leaky_relu_slope>}},
      {"Sigmoid", {map<sigmoid>, map_back<sigmoid_slope>}},
      {"HardSwish", {map<hard_swish>, map_back<hard_swish_slope>}},
      {"Clip", {clip, clip_back}},
      {"Add", {add, add_back}},
      {"Mul", {multiply, multiply_back}},
      {"BatchNormalization", {batch_norm, batch_norm_back}},
      {"Identity", {same, view_back}},
      {"Dropout", {same, view_back}},
      {"QuantizeLinear", {same, view_back}},
      {"DequantizeLinear", {same, view_back}},
      {"Flatten", {row, view_back}},
      {"Reshape", {reshape, view_back}},
  };
  const auto found = layers.find(op_type);
  return found != layers.end() ? &found->second : find_pool(op_type);
}

}  // namespace mien::explain
