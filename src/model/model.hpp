#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace mien::model {

/// Element types of tensors; the values are those of ONNX (TensorProto.DataType). Half floats are
/// converted to f32 when a file is read.
enum class DataType : int { kFloat32 = 1, kUint8 = 2, kInt8 = 3, kInt32 = 6, kInt64 = 7 };
std::size_t size_of(DataType type);

template <class T>
constexpr DataType data_type_of();
template <>
constexpr DataType data_type_of<float>() {
  return DataType::kFloat32;
}
template <>
constexpr DataType data_type_of<std::uint8_t>() {
  return DataType::kUint8;
}
template <>
constexpr DataType data_type_of<std::int8_t>() {
  return DataType::kInt8;
}
template <>
constexpr DataType data_type_of<std::int32_t>() {
  return DataType::kInt32;
}
template <>
constexpr DataType data_type_of<std::int64_t>() {
  return DataType::kInt64;
}

struct Tensor {
  std::string name;
  DataType type = DataType::kFloat32;
  std::vector<std::int64_t> shape;
  std::vector<std::byte> data;  ///< little-endian, C order, product(shape) * size_of(type) bytes

  std::int64_t element_count() const;
  /// The data as T. Throws Error kBadFormat naming the tensor if it has another type.
  template <class T>
  std::span<const T> values() const;
};

/// A tensor with a copy of `values`; there must be product(shape) of them.
template <class T>
Tensor make_tensor(std::string name, std::vector<std::int64_t> shape, std::span<const T> values) {
  const auto bytes = std::as_bytes(values);
  return {std::move(name), data_type_of<T>(), std::move(shape), {bytes.begin(), bytes.end()}};
}

/// An attribute of a node: those ONNX types that the supported operators need.
using Attribute = std::variant<float, std::int64_t, std::string, Tensor, std::vector<float>,
                               std::vector<std::int64_t>>;

struct Node {
  std::string name;  ///< may be empty in files of other tools
  std::string op_type;
  std::vector<std::string> inputs;  ///< an omitted optional input is an empty string
  std::vector<std::string> outputs;
  std::map<std::string, Attribute> attributes;

  /// For messages: "Conv node 'block1/conv0'"; without a name, that of the first output.
  std::string description() const;
};

/// An input or output of the graph; a dimension of -1 is free (batch size, image height or width).
struct ValueInfo {
  std::string name;
  DataType type = DataType::kFloat32;
  std::vector<std::int64_t> shape;
};

/// An ONNX model: a graph in topological order, its weights and its metadata.
struct Model {
  std::string graph_name;
  std::int64_t opset = 13;  ///< of the default domain
  std::vector<Node> nodes;
  std::vector<Tensor> initializers;
  std::vector<ValueInfo> inputs;  ///< without the initializers
  std::vector<ValueInfo> outputs;
  std::map<std::string, std::string> metadata;  ///< metadata_props

  const Tensor* find_initializer(std::string_view name) const;
};

/// Parses an ONNX file. `name` is used in messages. Throws Error kBadFormat (truncated, not ONNX,
/// an initializer whose size does not match its shape, a value used before it is computed),
/// kUnsupported (external data, subgraphs, functions, other element types), kTooLarge (implausible
/// counts). Needs memory proportional to the size of the file.
Model read_onnx(std::span<const std::byte> bytes, const std::string& name);
Model read_onnx(const std::filesystem::path& path);

/// Serializes a model (IR version 8). Deterministic: equal models give equal bytes. Free dimensions
/// get names ("batch" for the first).
std::vector<std::byte> write_onnx(const Model& model);
void write_onnx(const Model& model, const std::filesystem::path& path);

}  // namespace mien::model
