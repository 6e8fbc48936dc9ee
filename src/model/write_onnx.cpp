#include "base/file.hpp"
#include "model/model.hpp"
#include "model/wire.hpp"

// The field numbers are those of onnx.proto3 (github.com/onnx/onnx/blob/main/onnx/onnx.proto3).

namespace mien::model {
namespace {

using wire::Writer;

constexpr std::int64_t kIrVersion = 8;

Writer write_tensor(const Tensor& tensor) {
  Writer out;
  for (const std::int64_t dimension : tensor.shape) out.integer(1, dimension);
  out.integer(2, static_cast<int>(tensor.type));
  if (!tensor.name.empty()) out.text(8, tensor.name);
  out.bytes(9, tensor.data);
  return out;
}

/// Writes the value of an attribute; returns its AttributeType.
struct AttributeWriter {
  Writer& out;

  int operator()(float value) const { return out.float32(2, value), 1; }
  int operator()(std::int64_t value) const { return out.integer(3, value), 2; }
  int operator()(const std::string& value) const { return out.text(4, value), 3; }
  int operator()(const Tensor& value) const { return out.message(5, write_tensor(value)), 4; }
  int operator()(const std::vector<float>& values) const {
    for (const float value : values) out.float32(7, value);
    return 6;
  }
  int operator()(const std::vector<std::int64_t>& values) const {
    for (const std::int64_t value : values) out.integer(8, value);
    return 7;
  }
};

Writer write_node(const Node& node) {
  Writer out;
  for (const std::string& input : node.inputs) out.text(1, input);
  for (const std::string& output : node.outputs) out.text(2, output);
  if (!node.name.empty()) out.text(3, node.name);
  out.text(4, node.op_type);
  for (const auto& [name, value] : node.attributes) {
    Writer attribute;
    attribute.text(1, name);
    attribute.integer(20, std::visit(AttributeWriter{attribute}, value));
    out.message(5, attribute);
  }
  return out;
}

Writer write_value_info(const ValueInfo& info) {
  Writer shape;
  for (std::size_t axis = 0; axis < info.shape.size(); ++axis) {
    Writer dimension;
    if (info.shape[axis] >= 0) {
      dimension.integer(1, info.shape[axis]);
    } else {
      dimension.text(2, axis == 0 ? "batch" : info.name + "_" + std::to_string(axis));
    }
    shape.message(1, dimension);
  }
  Writer tensor;
  tensor.integer(1, static_cast<int>(info.type));
  tensor.message(2, shape);
  Writer type;
  type.message(1, tensor);
  Writer out;
  out.text(1, info.name);
  out.message(2, type);
  return out;
}

Writer write_graph(const Model& model) {
  Writer out;
  for (const Node& node : model.nodes) out.message(1, write_node(node));
  out.text(
      2, model.graph_name.empty() ? std::string_view("graph") : std::string_view(model.graph_name));
  for (const Tensor& tensor : model.initializers) out.message(5, write_tensor(tensor));
  for (const ValueInfo& input : model.inputs) out.message(11, write_value_info(input));
  for (const ValueInfo& output : model.outputs) out.message(12, write_value_info(output));
  return out;
}

}  // namespace

std::vector<std::byte> write_onnx(const Model& model) {
  Writer out;
  out.integer(1, kIrVersion);
  out.text(2, "mien");
  out.message(7, write_graph(model));
  Writer opset;
  opset.text(1, "");
  opset.integer(2, model.opset);
  out.message(8, opset);
  for (const auto& [key, value] : model.metadata) {
    Writer entry;
    entry.text(1, key);
    entry.text(2, value);
    out.message(14, entry);
  }
  return out.take();
}

void write_onnx(const Model& model, const std::filesystem::path& path) {
  base::write_file(path, write_onnx(model));
}

}  // namespace mien::model
