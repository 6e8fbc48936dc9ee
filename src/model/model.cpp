#include "model/model.hpp"

#include <cstring>

#include "mien/error.hpp"

namespace mien::model {

std::size_t size_of(DataType type) {
  switch (type) {
    case DataType::kUint8:
    case DataType::kInt8:
      return 1;
    case DataType::kFloat32:
    case DataType::kInt32:
      return 4;
    case DataType::kInt64:
      return 8;
  }
  throw Error(ErrorCode::kUnsupported,
              "element type " + std::to_string(static_cast<int>(type)) + " is unsupported");
}

std::int64_t Tensor::element_count() const {
  std::int64_t count = 1;
  for (const std::int64_t dimension : shape) count *= dimension;
  return count;
}

template <class T>
std::span<const T> Tensor::values() const {
  if (type != data_type_of<T>()) {
    throw Error(ErrorCode::kBadFormat, "tensor '" + name + "' has an unexpected element type");
  }
  return {reinterpret_cast<const T*>(data.data()), data.size() / sizeof(T)};
}

template std::span<const float> Tensor::values() const;
template std::span<const std::uint8_t> Tensor::values() const;
template std::span<const std::int8_t> Tensor::values() const;
template std::span<const std::int32_t> Tensor::values() const;
template std::span<const std::int64_t> Tensor::values() const;

std::string Node::description() const {
  if (!name.empty()) return op_type + " node '" + name + "'";
  return op_type + " node with output '" + (outputs.empty() ? std::string() : outputs.front()) +
         "'";
}

const Tensor* Model::find_initializer(std::string_view name) const {
  for (const Tensor& tensor : initializers) {
    if (tensor.name == name) return &tensor;
  }
  return nullptr;
}

}  // namespace mien::model
