#include "engine/fold.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

#include "engine/attributes.hpp"

namespace mien::engine {
namespace {

using model::DataType;
using model::Node;
using model::Tensor;
using Inputs = std::span<const Tensor* const>;

/// Limits for constants that are computed and their inputs.
constexpr std::int64_t kMaxElements = std::int64_t{1} << 25;
constexpr std::size_t kMaxRank = 16;

[[noreturn]] void too_large(const Node& node) {
  throw Error(ErrorCode::kTooLarge, node.description() + ": constant is too large");
}

const Tensor& input(const Node& node, Inputs inputs, std::size_t index) {
  if (index >= inputs.size() || inputs[index] == nullptr) malformed(node, "missing input");
  return *inputs[index];
}

/// A list that is an input in newer opsets and an attribute in older ones.
Dims list_operand(const Node& node, Inputs inputs, std::size_t index, const char* attribute,
                  const Dims& fallback) {
  if (index < inputs.size() && inputs[index] != nullptr) return integers(*inputs[index]);
  return integers_attribute(node, attribute, fallback);
}

Tensor with_shape(const Node& node, Tensor tensor, Dims shape) {
  const bool is_shape =
      std::all_of(shape.begin(), shape.end(), [](std::int64_t side) { return side >= 0; });
  if (!is_shape || product(shape) != tensor.element_count())
    malformed(node, "cannot reshape " + to_string(tensor.shape) + " to " + to_string(shape));
  tensor.shape = std::move(shape);
  return tensor;
}

Tensor reshape(const Node& node, const Tensor& data, Dims shape) {
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    if (shape[axis] == 0 && axis < data.shape.size()) shape[axis] = data.shape[axis];
  }
  const auto free = std::find(shape.begin(), shape.end(), -1);
  if (free != shape.end()) {
    *free = 1;
    const std::int64_t rest = product(shape);
    *free = rest > 0 ? data.element_count() / rest : 0;
  }
  return with_shape(node, data, std::move(shape));
}

Tensor unsqueeze(const Node& node, const Tensor& data, Dims axes) {
  if (axes.size() > kMaxRank) too_large(node);
  const auto rank = static_cast<std::int64_t>(data.shape.size() + axes.size());
  for (std::int64_t& axis : axes) axis = normalize_axis(node, axis, rank);
  std::sort(axes.begin(), axes.end());
  Dims shape = data.shape;
  for (const std::int64_t axis : axes) {
    if (axis > static_cast<std::int64_t>(shape.size())) malformed(node, "duplicate axis");
    shape.insert(shape.begin() + axis, 1);
  }
  return with_shape(node, data, std::move(shape));
}

Tensor squeeze(const Node& node, const Tensor& data, Dims axes) {
  for (std::int64_t& axis : axes)
    axis = normalize_axis(node, axis, static_cast<std::int64_t>(data.shape.size()));
  Dims shape;
  for (std::size_t axis = 0; axis < data.shape.size(); ++axis) {
    const bool listed =
        std::find(axes.begin(), axes.end(), static_cast<std::int64_t>(axis)) != axes.end();
    if (!(axes.empty() ? data.shape[axis] == 1 : listed)) shape.push_back(data.shape[axis]);
  }
  return with_shape(node, data, std::move(shape));
}

std::int64_t count_from(const Dims& shape, std::size_t begin, std::size_t end) {
  return product(Dims(shape.begin() + static_cast<std::ptrdiff_t>(begin),
                      shape.begin() + static_cast<std::ptrdiff_t>(end)));
}

/// Concatenates the slices `picks` of `axis`.
Tensor take(const Node& node, const Tensor& data, std::size_t axis, const Dims& picks) {
  Tensor result;
  result.type = data.type;
  result.shape = data.shape;
  result.shape[axis] = static_cast<std::int64_t>(picks.size());
  const std::int64_t count = product(result.shape);
  if (count > kMaxElements) too_large(node);
  if (count == 0) return result;
  const std::int64_t outer = count_from(data.shape, 0, axis);
  const std::int64_t slice =
      count_from(data.shape, axis + 1, data.shape.size()) * size_of(data.type);
  for (std::int64_t i = 0; i < outer; ++i) {
    for (const std::int64_t pick : picks) {
      const std::byte* from = data.data.data() + (i * data.shape[axis] + pick) * slice;
      result.data.insert(result.data.end(), from, from + slice);
    }
  }
  return result;
}

Tensor gather(const Node& node, const Tensor& data, const Tensor& indices) {
  const auto rank = static_cast<std::int64_t>(data.shape.size());
  const auto axis =
      static_cast<std::size_t>(normalize_axis(node, integer_attribute(node, "axis", 0), rank));
  Dims picks = integers(indices);
  for (std::int64_t& pick : picks) pick = normalize_axis(node, pick, data.shape[axis]);
  Tensor result = take(node, data, axis, picks);
  Dims shape = data.shape;
  shape.erase(shape.begin() + axis);
  shape.insert(shape.begin() + axis, indices.shape.begin(), indices.shape.end());
  return with_shape(node, std::move(result), std::move(shape));
}

Tensor slice(const Node& node, Inputs inputs) {
  const Tensor& data = input(node, inputs, 0);
  const Dims starts = list_operand(node, inputs, 1, "starts", {});
  const Dims ends = list_operand(node, inputs, 2, "ends", {});
  Dims axes = list_operand(node, inputs, 3, "axes", {});
  Dims steps =
      inputs.size() > 4 && inputs[4] != nullptr ? integers(*inputs[4]) : Dims(starts.size(), 1);
  if (axes.empty()) {
    for (std::size_t i = 0; i < starts.size(); ++i) axes.push_back(static_cast<std::int64_t>(i));
  }
  if (ends.size() != starts.size() || axes.size() != starts.size() ||
      steps.size() != starts.size()) {
    malformed(node, "'starts', 'ends', 'axes' and 'steps' differ in length");
  }
  Tensor result = data;
  for (std::size_t i = 0; i < starts.size(); ++i) {
    const std::int64_t axis =
        normalize_axis(node, axes[i], static_cast<std::int64_t>(data.shape.size()));
    const std::int64_t size = result.shape[axis];  // an axis may be listed twice
    if (steps[i] <= 0) unsupported(node, "step " + std::to_string(steps[i]) + "; must be positive");
    const auto clamp = [&](std::int64_t at) {
      return std::clamp<std::int64_t>(at < 0 ? at + size : at, 0, size);
    };
    Dims picks;
    for (std::int64_t at = clamp(starts[i]); at < clamp(ends[i]); at += std::min(steps[i], size))
      picks.push_back(at);
    result = take(node, result, axis, picks);
  }
  return result;
}

Tensor concat(const Node& node, Inputs inputs) {
  const Tensor& first = input(node, inputs, 0);
  const auto rank = static_cast<std::int64_t>(first.shape.size());
  const auto axis =
      static_cast<std::size_t>(normalize_axis(node, integer_attribute(node, "axis", 0), rank));
  Tensor result;
  result.type = first.type;
  result.shape = first.shape;
  result.shape[axis] = 0;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Tensor& part = input(node, inputs, i);
    Dims expected = first.shape;
    if (part.shape.size() == expected.size()) expected[axis] = part.shape[axis];
    if (part.shape != expected || part.type != first.type)
      malformed(node, "inputs differ in shape or type");
    result.shape[axis] += part.shape[axis];
  }
  const std::int64_t count = product(result.shape);
  if (count > kMaxElements) too_large(node);
  if (count == 0) return result;
  const std::int64_t outer = count_from(first.shape, 0, axis);
  for (std::int64_t i = 0; i < outer; ++i) {
    for (const Tensor* part : inputs) {
      const std::size_t bytes = part->data.size() / outer;
      result.data.insert(result.data.end(), part->data.begin() + i * bytes,
                         part->data.begin() + (i + 1) * bytes);
    }
  }
  return result;
}

Tensor transpose(const Node& node, const Tensor& data) {
  const std::size_t rank = data.shape.size();
  Dims reversed(rank);
  for (std::size_t axis = 0; axis < rank; ++axis)
    reversed[axis] = static_cast<std::int64_t>(rank - 1 - axis);
  const Dims order = integers_attribute(node, "perm", reversed);
  if (!std::is_permutation(order.begin(), order.end(), reversed.begin(), reversed.end())) {
    malformed(node, "'perm' is not a permutation of the axes");
  }
  Tensor result = data;
  std::vector<std::int64_t> strides(rank);
  for (std::size_t axis = 0; axis < rank; ++axis) {
    result.shape[axis] = data.shape[order[axis]];
    strides[axis] = count_from(data.shape, order[axis] + 1, rank);
  }
  const std::size_t size = size_of(data.type);
  const std::int64_t count = data.element_count();
  for (std::int64_t i = 0; i < count; ++i) {
    std::int64_t rest = i;
    std::int64_t from = 0;
    for (std::size_t axis = rank; axis-- > 0; rest /= result.shape[axis]) {
      from += rest % result.shape[axis] * strides[axis];
    }
    std::memcpy(result.data.data() + i * size, data.data.data() + from * size, size);
  }
  return result;
}

template <class To, class From>
Tensor convert(const Tensor& data) {
  std::vector<To> values;
  for (const From value : data.values<From>()) values.push_back(static_cast<To>(value));
  return model::make_tensor<To>("", data.shape, values);
}

std::optional<Tensor> cast(const Node& node, const Tensor& data) {
  const std::int64_t to = integer_attribute(node, "to", 0);
  if (to == static_cast<int>(data.type)) return data;
  if (data.type == DataType::kInt64 && to == static_cast<int>(DataType::kFloat32)) {
    return convert<float, std::int64_t>(data);
  }
  if (data.type == DataType::kInt64 && to == static_cast<int>(DataType::kInt32)) {
    return convert<std::int32_t, std::int64_t>(data);
  }
  if (data.type == DataType::kInt32 && to == static_cast<int>(DataType::kInt64)) {
    return convert<std::int64_t, std::int32_t>(data);
  }
  if (data.type == DataType::kInt32 && to == static_cast<int>(DataType::kFloat32)) {
    return convert<float, std::int32_t>(data);
  }
  return std::nullopt;
}

/// Element-wise; one side may be a single number. Empty for an integer division by zero or
/// overflow.
template <class T>
std::optional<Tensor> arithmetic(const Node& node, const Tensor& a, const Tensor& b) {
  const std::int64_t count = std::max(a.element_count(), b.element_count());
  const bool fits = (a.element_count() == count || a.element_count() == 1) &&
                    (b.element_count() == count || b.element_count() == 1);
  if (!fits || (a.element_count() == b.element_count() && a.shape != b.shape)) return std::nullopt;
  std::vector<T> values(count);
  for (std::int64_t i = 0; i < count; ++i) {
    const T x = a.values<T>()[a.element_count() == 1 ? 0 : i];
    const T y = b.values<T>()[b.element_count() == 1 ? 0 : i];
    // Unsigned, because signed overflow is undefined.
    using U =
        std::conditional_t<std::is_integral_v<T>,
                           std::make_unsigned_t<std::conditional_t<std::is_integral_v<T>, T, int>>,
                           T>;
    if (node.op_type == "Add") {
      values[i] = static_cast<T>(static_cast<U>(x) + static_cast<U>(y));
    } else if (node.op_type == "Sub") {
      values[i] = static_cast<T>(static_cast<U>(x) - static_cast<U>(y));
    } else if (node.op_type == "Mul") {
      values[i] = static_cast<T>(static_cast<U>(x) * static_cast<U>(y));
    } else {
      if (std::is_integral_v<T> &&
          (y == 0 || (x == std::numeric_limits<T>::min() && y == static_cast<T>(-1)))) {
        return std::nullopt;
      }
      values[i] = x / y;
    }
  }
  const bool a_is_shape = a.element_count() == count && a.shape.size() >= b.shape.size();
  return model::make_tensor<T>("", a_is_shape ? a.shape : b.shape, values);
}

std::optional<Tensor> constant(const Node& node) {
  for (const auto& [name, value] : node.attributes) {
    if (const auto* tensor = std::get_if<Tensor>(&value)) return *tensor;
    if (const auto* real = std::get_if<float>(&value)) {
      return model::make_tensor<float>("", {}, std::span(real, 1));
    }
    if (const auto* integer = std::get_if<std::int64_t>(&value)) {
      return model::make_tensor<std::int64_t>("", {}, std::span(integer, 1));
    }
    if (const auto* reals = std::get_if<std::vector<float>>(&value)) {
      return model::make_tensor<float>("", {static_cast<std::int64_t>(reals->size())}, *reals);
    }
    if (const auto* list = std::get_if<Dims>(&value)) {
      return model::make_tensor<std::int64_t>("", {static_cast<std::int64_t>(list->size())}, *list);
    }
  }
  return std::nullopt;
}

std::optional<Tensor> constant_of_shape(const Node& node, const Tensor& shape) {
  Tensor result;
  result.shape = integers(shape);
  for (const std::int64_t dimension : result.shape) {
    if (dimension < 0) malformed(node, "negative dimension in the shape");
  }
  const std::int64_t count = product(result.shape);
  if (count > kMaxElements) too_large(node);
  const std::vector<float> zero(1);
  Tensor value = model::make_tensor<float>("", {1}, zero);
  if (const auto found = node.attributes.find("value"); found != node.attributes.end()) {
    if (const auto* given = std::get_if<Tensor>(&found->second)) value = *given;
  }
  if (value.element_count() != 1) malformed(node, "'value' must have one element");
  result.type = value.type;
  result.data.reserve(static_cast<std::size_t>(count) * value.data.size());
  for (std::int64_t i = 0; i < count; ++i) {
    result.data.insert(result.data.end(), value.data.begin(), value.data.end());
  }
  return result;
}

std::optional<Tensor> compute(const Node& node, Inputs inputs) {
  const std::string& op = node.op_type;
  if (op == "Constant") return constant(node);
  if (op == "Identity" || op == "Dropout") return input(node, inputs, 0);
  if (op == "Reshape")
    return reshape(node, input(node, inputs, 0), list_operand(node, inputs, 1, "shape", {}));
  if (op == "Unsqueeze")
    return unsqueeze(node, input(node, inputs, 0), list_operand(node, inputs, 1, "axes", {}));
  if (op == "Squeeze")
    return squeeze(node, input(node, inputs, 0), list_operand(node, inputs, 1, "axes", {}));
  if (op == "Gather") return gather(node, input(node, inputs, 0), input(node, inputs, 1));
  if (op == "Slice") return slice(node, inputs);
  if (op == "Concat") return concat(node, inputs);
  if (op == "Transpose") return transpose(node, input(node, inputs, 0));
  if (op == "Cast") return cast(node, input(node, inputs, 0));
  if (op == "ConstantOfShape") return constant_of_shape(node, input(node, inputs, 0));
  if (op == "Add" || op == "Sub" || op == "Mul" || op == "Div") {
    const Tensor& a = input(node, inputs, 0);
    const Tensor& b = input(node, inputs, 1);
    if (a.type != b.type) malformed(node, "operands differ in type");
    if (a.type == DataType::kFloat32) return arithmetic<float>(node, a, b);
    if (a.type == DataType::kInt64) return arithmetic<std::int64_t>(node, a, b);
  }
  return std::nullopt;
}

}  // namespace

void ConstantBudget::spend(const Tensor& tensor) {
  if (tensor.data.size() > left_) {
    throw Error(ErrorCode::kTooLarge,
                "constant '" + tensor.name + "': computed constants exceed 512 MB");
  }
  left_ -= tensor.data.size();
}

std::vector<std::int64_t> integers(const Tensor& tensor) {
  if (tensor.type == DataType::kInt32) {
    const auto values = tensor.values<std::int32_t>();
    return {values.begin(), values.end()};
  }
  if (tensor.type == DataType::kInt8) {
    const auto values = tensor.values<std::int8_t>();
    return {values.begin(), values.end()};
  }
  if (tensor.type == DataType::kUint8) {
    const auto values = tensor.values<std::uint8_t>();
    return {values.begin(), values.end()};
  }
  const auto values = tensor.values<std::int64_t>();
  return {values.begin(), values.end()};
}

std::optional<Tensor> fold(const Node& node, Inputs inputs) {
  const auto is_large = [](const Tensor* tensor) {
    return tensor != nullptr && tensor->element_count() > kMaxElements;
  };
  if (std::any_of(inputs.begin(), inputs.end(), is_large)) return std::nullopt;
  auto result = compute(node, inputs);
  if (result && result->shape.size() > kMaxRank) too_large(node);
  return result;
}

}  // namespace mien::engine
