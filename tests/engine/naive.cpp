#include "engine/naive.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <stdexcept>
#include <string>

namespace mien::test {
namespace {

using model::Node;
using Shape = std::vector<std::int64_t>;

std::int64_t product(const Shape& shape) {
  std::int64_t count = 1;
  for (const std::int64_t dimension : shape) count *= dimension;
  return count;
}

template <class T>
T attribute(const Node& node, const char* name, T fallback) {
  const auto found = node.attributes.find(name);
  return found == node.attributes.end() ? fallback : std::get<T>(found->second);
}

/// Calls visit(index) for every index of a shape, in C order.
void each_index(const Shape& shape, const std::function<void(const Shape&)>& visit) {
  Shape index(shape.size(), 0);
  for (std::int64_t i = 0; i < product(shape); ++i) {
    visit(index);
    for (std::size_t axis = shape.size(); axis-- > 0;) {
      if (++index[axis] < shape[axis]) break;
      index[axis] = 0;
    }
  }
}

std::int64_t offset(const Shape& shape, const Shape& index) {
  std::int64_t at = 0;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) at = at * shape[axis] + index[axis];
  return at;
}

/// The value at an index of a larger shape that this one is repeated to.
float broadcast_at(const NaiveTensor& t, const Shape& index) {
  Shape own(t.shape.size());
  const std::size_t lead = index.size() - t.shape.size();
  for (std::size_t axis = 0; axis < own.size(); ++axis)
    own[axis] = t.shape[axis] == 1 ? 0 : index[lead + axis];
  return t.values[offset(t.shape, own)];
}

NaiveTensor map_values(NaiveTensor t, const std::function<double(double)>& function) {
  for (float& value : t.values) value = static_cast<float>(function(value));
  return t;
}

NaiveTensor combine(const NaiveTensor& a, const NaiveTensor& b,
                    const std::function<double(double, double)>& function) {
  NaiveTensor result;
  result.shape.resize(std::max(a.shape.size(), b.shape.size()), 1);
  for (const NaiveTensor* t : {&a, &b}) {
    const std::size_t lead = result.shape.size() - t->shape.size();
    for (std::size_t axis = 0; axis < t->shape.size(); ++axis) {
      result.shape[lead + axis] = std::max(result.shape[lead + axis], t->shape[axis]);
    }
  }
  each_index(result.shape, [&](const Shape& index) {
    result.values.push_back(
        static_cast<float>(function(broadcast_at(a, index), broadcast_at(b, index))));
  });
  return result;
}

struct Window {
  Shape kernel, strides, dilations, pads;
  std::int64_t output(const Shape& input, int axis) const {
    return (input[2 + axis] + pads[axis] + pads[axis + 2] - (kernel[axis] - 1) * dilations[axis] -
            1) /
               strides[axis] +
           1;
  }
};

Window window(const Node& node, const Shape& input, const Shape& kernel) {
  Window w{kernel, attribute<Shape>(node, "strides", {1, 1}),
           attribute<Shape>(node, "dilations", {1, 1}),
           attribute<Shape>(node, "pads", {0, 0, 0, 0})};
  const auto auto_pad = attribute<std::string>(node, "auto_pad", "NOTSET");
  for (int axis = 0; axis < 2 && auto_pad.starts_with("SAME"); ++axis) {
    const std::int64_t outputs = (input[2 + axis] + w.strides[axis] - 1) / w.strides[axis];
    const std::int64_t total =
        std::max<std::int64_t>(0, (outputs - 1) * w.strides[axis] +
                                      (kernel[axis] - 1) * w.dilations[axis] + 1 - input[2 + axis]);
    w.pads[axis] = auto_pad == "SAME_UPPER" ? total / 2 : total - total / 2;
    w.pads[axis + 2] = total - w.pads[axis];
  }
  return w;
}

/// Calls visit(y, x, kernel y, kernel x) for the pixels under the window at (oy, ox) that are
/// inside the image.
template <class Visit>
void under_window(const Window& w, const Shape& input, std::int64_t oy, std::int64_t ox,
                  Visit visit) {
  for (std::int64_t ky = 0; ky < w.kernel[0]; ++ky) {
    for (std::int64_t kx = 0; kx < w.kernel[1]; ++kx) {
      const std::int64_t y = oy * w.strides[0] - w.pads[0] + ky * w.dilations[0];
      const std::int64_t x = ox * w.strides[1] - w.pads[1] + kx * w.dilations[1];
      if (y >= 0 && y < input[2] && x >= 0 && x < input[3]) visit(y, x, ky, kx);
    }
  }
}

NaiveTensor conv(const Node& node, const NaiveTensor& x, const NaiveTensor& weights,
                 const NaiveTensor* bias) {
  const auto groups = attribute<std::int64_t>(node, "group", 1);
  const Window w = window(node, x.shape, {weights.shape[2], weights.shape[3]});
  NaiveTensor result;
  result.shape = {x.shape[0], weights.shape[0], w.output(x.shape, 0), w.output(x.shape, 1)};
  const std::int64_t per_group = weights.shape[0] / groups;
  each_index(result.shape, [&](const Shape& i) {
    double sum = bias == nullptr ? 0 : bias->values[i[1]];
    for (std::int64_t c = 0; c < weights.shape[1]; ++c) {
      const std::int64_t from = i[1] / per_group * weights.shape[1] + c;
      under_window(w, x.shape, i[2], i[3], [&](auto y, auto xx, auto ky, auto kx) {
        sum +=
            static_cast<double>(
                x.values[((i[0] * x.shape[1] + from) * x.shape[2] + y) * x.shape[3] + xx]) *
            weights.values[((i[1] * weights.shape[1] + c) * w.kernel[0] + ky) * w.kernel[1] + kx];
      });
    }
    result.values.push_back(static_cast<float>(sum));
  });
  return result;
}

NaiveTensor pool(const Node& node, const NaiveTensor& x, const Shape& kernel) {
  const Window w = window(node, x.shape, kernel);
  const bool is_max = node.op_type.find("Max") != std::string::npos;
  const bool counts_pads = attribute<std::int64_t>(node, "count_include_pad", 0) != 0;
  NaiveTensor result;
  result.shape = {x.shape[0], x.shape[1], w.output(x.shape, 0), w.output(x.shape, 1)};
  each_index(result.shape, [&](const Shape& i) {
    double sum = 0;
    double best = -std::numeric_limits<double>::infinity();
    std::int64_t count = 0;
    under_window(w, x.shape, i[2], i[3], [&](auto y, auto xx, auto, auto) {
      const double value =
          x.values[((i[0] * x.shape[1] + i[1]) * x.shape[2] + y) * x.shape[3] + xx];
      sum += value;
      best = std::max(best, value);
      ++count;
    });
    if (counts_pads) count = kernel[0] * kernel[1];
    result.values.push_back(static_cast<float>(is_max ? best : sum / static_cast<double>(count)));
  });
  return result;
}

/// a [..., K] times b [K, N], or b [N, K] where `b_is_transposed`.
NaiveTensor multiply(const NaiveTensor& a, const NaiveTensor& b, std::int64_t b_is_transposed) {
  NaiveTensor result;
  result.shape = a.shape;
  const std::int64_t inner = a.shape.back();
  const std::int64_t columns = b.shape[b_is_transposed != 0 ? 0 : 1];
  result.shape.back() = columns;
  for (std::int64_t row = 0; row < product(a.shape) / inner; ++row) {
    for (std::int64_t column = 0; column < columns; ++column) {
      double sum = 0;
      for (std::int64_t k = 0; k < inner; ++k) {
        sum += static_cast<double>(a.values[row * inner + k]) *
               b.values[b_is_transposed != 0 ? column * inner + k : k * columns + column];
      }
      result.values.push_back(static_cast<float>(sum));
    }
  }
  return result;
}

NaiveTensor gemm(const Node& node, const NaiveTensor& a, const NaiveTensor& b,
                 const NaiveTensor* c) {
  const float alpha = attribute(node, "alpha", 1.0F);
  const float beta = attribute(node, "beta", 1.0F);
  const NaiveTensor scaled = map_values(multiply(a, b, attribute<std::int64_t>(node, "transB", 0)),
                                        [=](double v) { return alpha * v; });
  if (c == nullptr) return scaled;
  return combine(scaled, *c, [=](double x, double y) { return x + beta * y; });
}

NaiveTensor batch_norm(const Node& node, const NaiveTensor& x,
                       const std::vector<const NaiveTensor*>& parameters) {
  const float epsilon = attribute(node, "epsilon", 1e-5F);
  NaiveTensor result{x.shape, {}};
  each_index(x.shape, [&](const Shape& i) {
    const auto p = [&](int which) { return static_cast<double>(parameters[which]->values[i[1]]); };
    const double value = x.values[offset(x.shape, i)];
    result.values.push_back(
        static_cast<float>((value - p(2)) / std::sqrt(p(3) + epsilon) * p(0) + p(1)));
  });
  return result;
}

NaiveTensor softmax(const Node& node, const NaiveTensor& x) {
  auto axis = attribute<std::int64_t>(node, "axis", -1);
  if (axis < 0) axis += static_cast<std::int64_t>(x.shape.size());
  NaiveTensor result{x.shape, {}};
  each_index(x.shape, [&](Shape i) {
    const double own = x.values[offset(x.shape, i)];
    double sum = 0;
    for (i[axis] = 0; i[axis] < x.shape[axis]; ++i[axis])
      sum += std::exp(x.values[offset(x.shape, i)] - own);
    result.values.push_back(static_cast<float>(1 / sum));
  });
  return result;
}

NaiveTensor transpose(const Node& node, const NaiveTensor& x) {
  const auto order = attribute<Shape>(node, "perm", {});
  NaiveTensor result;
  for (const std::int64_t axis : order) result.shape.push_back(x.shape[axis]);
  each_index(result.shape, [&](const Shape& i) {
    Shape from(i.size());
    for (std::size_t axis = 0; axis < i.size(); ++axis) from[order[axis]] = i[axis];
    result.values.push_back(x.values[offset(x.shape, from)]);
  });
  return result;
}

NaiveTensor concat(const Node& node, const std::vector<const NaiveTensor*>& parts) {
  const auto axis = attribute<std::int64_t>(node, "axis", 0);
  NaiveTensor result;
  result.shape = parts[0]->shape;
  result.shape[axis] = 0;
  for (const NaiveTensor* part : parts) result.shape[axis] += part->shape[axis];
  each_index(result.shape, [&](Shape i) {
    std::size_t which = 0;
    while (i[axis] >= parts[which]->shape[axis]) i[axis] -= parts[which++]->shape[axis];
    result.values.push_back(parts[which]->values[offset(parts[which]->shape, i)]);
  });
  return result;
}

NaiveTensor slice(const Node& node, const NaiveTensor& x) {
  const auto starts = attribute<Shape>(node, "starts", {});
  const auto ends = attribute<Shape>(node, "ends", {});
  const auto axes = attribute<Shape>(node, "axes", {});
  NaiveTensor result{x.shape, {}};
  Shape begin(x.shape.size(), 0);
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const std::int64_t size = x.shape[axes[i]];
    const auto clamp = [&](std::int64_t at) {
      return std::clamp<std::int64_t>(at < 0 ? at + size : at, 0, size);
    };
    begin[axes[i]] = clamp(starts[i]);
    result.shape[axes[i]] = clamp(ends[i]) - clamp(starts[i]);
  }
  each_index(result.shape, [&](Shape i) {
    for (std::size_t axis = 0; axis < i.size(); ++axis) i[axis] += begin[axis];
    result.values.push_back(x.values[offset(x.shape, i)]);
  });
  return result;
}

NaiveTensor resize_nearest(const NaiveTensor& x, const NaiveTensor& scales) {
  NaiveTensor result;
  for (int axis = 0; axis < 4; ++axis) {
    result.shape.push_back(
        static_cast<std::int64_t>(static_cast<float>(x.shape[axis]) * scales.values[axis]));
  }
  each_index(result.shape, [&](Shape i) {
    for (int axis = 0; axis < 4; ++axis) i[axis] = i[axis] * x.shape[axis] / result.shape[axis];
    result.values.push_back(x.values[offset(x.shape, i)]);
  });
  return result;
}

/// QuantizeLinear and DequantizeLinear with one scale, or one along `axis`.
NaiveTensor quantize(const Node& node, const NaiveTensor& x, const NaiveTensor& scale,
                     const NaiveTensor* zero, const std::pair<double, double>& range) {
  const auto axis = attribute<std::int64_t>(node, "axis", 1);
  NaiveTensor result{x.shape, {}};
  each_index(x.shape, [&](const Shape& i) {
    const std::size_t at = scale.values.size() == 1 ? 0 : i[axis];
    const double s = scale.values[at];
    const double z = zero == nullptr ? 0 : zero->values[at];
    const double value = x.values[offset(x.shape, i)];
    const double stored = std::clamp(std::nearbyint(value / s) + z, range.first, range.second);
    result.values.push_back(
        static_cast<float>(node.op_type == "QuantizeLinear" ? stored : (value - z) * s));
  });
  return result;
}

NaiveTensor from_model(const model::Tensor& tensor) {
  NaiveTensor result{tensor.shape, {}};
  const auto copy = [&](auto values) {
    for (const auto value : values) result.values.push_back(static_cast<float>(value));
  };
  switch (tensor.type) {
    case model::DataType::kFloat32:
      copy(tensor.values<float>());
      break;
    case model::DataType::kUint8:
      copy(tensor.values<std::uint8_t>());
      break;
    case model::DataType::kInt8:
      copy(tensor.values<std::int8_t>());
      break;
    case model::DataType::kInt32:
      copy(tensor.values<std::int32_t>());
      break;
    case model::DataType::kInt64:
      copy(tensor.values<std::int64_t>());
      break;
  }
  return result;
}

Shape reshaped(const NaiveTensor& x, const NaiveTensor& wanted) {
  Shape shape(wanted.values.begin(), wanted.values.end());
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    if (shape[axis] == 0) shape[axis] = x.shape[axis];
  }
  for (std::int64_t& dimension : shape) {
    if (dimension == -1) dimension = product(x.shape) / -product(shape);
  }
  return shape;
}

NaiveTensor run_node(const Node& node, const std::vector<const NaiveTensor*>& in,
                     const model::Model& model) {
  const std::string& op = node.op_type;
  const NaiveTensor& x = *in.at(0);
  const auto optional = [&](std::size_t index) { return index < in.size() ? in[index] : nullptr; };
  if (op == "Conv") return conv(node, x, *in.at(1), optional(2));
  if (op == "Gemm") return gemm(node, x, *in.at(1), optional(2));
  if (op == "MatMul") return multiply(x, *in.at(1), 0);
  if (op == "BatchNormalization") return batch_norm(node, x, {in.begin() + 1, in.end()});
  if (op == "MaxPool" || op == "AveragePool")
    return pool(node, x, attribute<Shape>(node, "kernel_shape", {}));
  if (op == "GlobalAveragePool" || op == "GlobalMaxPool")
    return pool(node, x, {x.shape[2], x.shape[3]});
  if (op == "ReduceMean") {
    NaiveTensor mean = pool(node, x, {x.shape[2], x.shape[3]});
    if (attribute<std::int64_t>(node, "keepdims", 1) == 0) mean.shape.resize(2);
    return mean;
  }
  if (op == "Relu") return map_values(x, [](double v) { return std::max(v, 0.0); });
  if (op == "LeakyRelu") {
    return map_values(
        x, [a = attribute(node, "alpha", 0.01F)](double v) { return v < 0 ? a * v : v; });
  }
  if (op == "Sigmoid") return map_values(x, [](double v) { return 1 / (1 + std::exp(-v)); });
  if (op == "Tanh") return map_values(x, [](double v) { return std::tanh(v); });
  if (op == "Exp") return map_values(x, [](double v) { return std::exp(v); });
  if (op == "Elu") return map_values(x, [](double v) { return v < 0 ? std::exp(v) - 1 : v; });
  if (op == "Neg") return map_values(x, [](double v) { return -v; });
  if (op == "Abs") return map_values(x, [](double v) { return std::abs(v); });
  if (op == "HardSigmoid")
    return map_values(x, [](double v) { return std::clamp(0.2 * v + 0.5, 0.0, 1.0); });
  if (op == "HardSwish")
    return map_values(x, [](double v) { return v * std::clamp(v / 6 + 0.5, 0.0, 1.0); });
  if (op == "Clip") {
    return map_values(x, [&](double v) {
      return std::clamp<double>(v, in.at(1)->values[0], in.at(2)->values[0]);
    });
  }
  if (op == "Add") return combine(x, *in.at(1), [](double a, double b) { return a + b; });
  if (op == "Sub") return combine(x, *in.at(1), [](double a, double b) { return a - b; });
  if (op == "Mul") return combine(x, *in.at(1), [](double a, double b) { return a * b; });
  if (op == "Div") return combine(x, *in.at(1), [](double a, double b) { return a / b; });
  if (op == "Max") return combine(x, *in.at(1), [](double a, double b) { return std::max(a, b); });
  if (op == "Min") return combine(x, *in.at(1), [](double a, double b) { return std::min(a, b); });
  if (op == "Softmax") return softmax(node, x);
  if (op == "Identity" || op == "Dropout") return x;
  if (op == "Flatten") return {{x.shape[0], product(x.shape) / x.shape[0]}, x.values};
  if (op == "Reshape") return {reshaped(x, *in.at(1)), x.values};
  if (op == "Transpose") return transpose(node, x);
  if (op == "Concat") return concat(node, in);
  if (op == "Slice") return slice(node, x);
  if (op == "Resize") return resize_nearest(x, *in.at(2));
  if (op == "QuantizeLinear" || op == "DequantizeLinear") {
    const model::Tensor* zero =
        node.inputs.size() > 2 ? model.find_initializer(node.inputs[2]) : nullptr;
    const bool is_signed = zero != nullptr && zero->type == model::DataType::kInt8;
    return quantize(node, x, *in.at(1), optional(2),
                    is_signed ? std::pair(-128.0, 127.0) : std::pair(0.0, 255.0));
  }
  throw std::runtime_error("the naive interpreter does not support  " + op);
}

}  // namespace

std::vector<NaiveTensor> run_naive(const model::Model& model, const NaiveTensor& input) {
  static const NaiveTensor kNothing;
  std::map<std::string, NaiveTensor> values;
  values[model.inputs.at(0).name] = input;
  for (const model::Tensor& tensor : model.initializers) values[tensor.name] = from_model(tensor);
  for (const Node& node : model.nodes) {
    std::vector<const NaiveTensor*> inputs;
    for (const std::string& name : node.inputs)
      inputs.push_back(name.empty() ? &kNothing : &values.at(name));
    values[node.outputs[0]] = run_node(node, inputs, model);
  }
  std::vector<NaiveTensor> outputs;
  for (const model::ValueInfo& output : model.outputs) outputs.push_back(values.at(output.name));
  return outputs;
}

}  // namespace mien::test
