#include <bit>
#include <cstring>
#include <unordered_set>

#include "base/file.hpp"
#include "mien/error.hpp"
#include "model/model.hpp"
#include "model/wire.hpp"

// The field numbers are those of onnx.proto3 (github.com/onnx/onnx/blob/main/onnx/onnx.proto3).

namespace mien::model {
namespace {

static_assert(std::endian::native == std::endian::little, "tensors are stored little-endian");

using wire::Field;
using wire::Kind;

/// Far above any real network; a hostile file must not need much more memory than its size.
constexpr std::size_t kMaxNodes = 100000;
constexpr std::size_t kMaxPerNode = 4096;     ///< inputs, outputs or attributes of one node
constexpr std::size_t kMaxParts = 1'000'000;  ///< inputs, outputs and attributes of all nodes
constexpr std::size_t kMaxMetadata = 4096;
constexpr std::size_t kMaxIntegers = std::size_t{1} << 25;  ///< in integer lists of the whole file
constexpr std::size_t kMaxRank = 16;
constexpr std::size_t kMaxFileBytes = std::size_t{256} << 20;

/// TensorProto.DataType FLOAT16: read as f32.
constexpr std::int64_t kFloat16 = 10;

/// An IEEE 754 half float; exact.
float half_to_float(std::uint16_t half) {
  const std::uint32_t sign = std::uint32_t{half & 0x8000U} << 16, exponent = half >> 10 & 0x1f,
                      fraction = half & 0x3ff;
  if (exponent == 0) {  // zero or subnormal: fraction * 2^-24
    const float magnitude = static_cast<float>(fraction) * 0x1p-24F;
    return sign != 0 ? -magnitude : magnitude;
  }
  const std::uint32_t wide = exponent == 31 ? 255 : exponent - 15 + 127;
  return std::bit_cast<float>(sign | wide << 23 | fraction << 13);
}

/// The f32 tensor data for half floats.
template <class Half>
std::vector<std::byte> widen(std::span<const Half> halves) {
  std::vector<std::byte> data(halves.size() * sizeof(float));
  for (std::size_t i = 0; i < halves.size(); ++i) {
    const float value = half_to_float(static_cast<std::uint16_t>(halves[i]));
    std::memcpy(data.data() + i * sizeof(float), &value, sizeof(float));
  }
  return data;
}

class OnnxReader {
 public:
  explicit OnnxReader(const std::string& name) : name_(name) {}

  Model model(std::span<const std::byte> bytes) {
    bool has_graph = false;
    bool has_opset = false;
    each_field(bytes, [&](const Field& field) {
      if (field.number == 7) {
        graph(message(field));
        has_graph = true;
      } else if (field.number == 8) {
        has_opset |= opset(message(field));
      } else if (field.number == 14) {
        metadata(message(field));
      }
    });
    if (!has_graph) fail("no graph");
    if (!has_opset) fail("no opset of the default domain");
    check_graph();
    return std::move(model_);
  }

 private:
  [[noreturn]] void fail(const std::string& what, ErrorCode code = ErrorCode::kBadFormat) const {
    throw Error(code, name_ + ": " + what);
  }

  template <class Visit>
  void each_field(std::span<const std::byte> bytes, Visit visit) const {
    wire::Reader reader(bytes, name_);
    while (const auto field = reader.next()) visit(*field);
  }

  std::span<const std::byte> message(const Field& field) const {
    if (field.kind != Kind::kBytes) fail("not an ONNX file (number instead of a message)");
    return field.bytes;
  }

  std::string text(const Field& field) const {
    message(field);
    return std::string(field.text());
  }

  void check_count(std::size_t count, std::size_t limit, const char* what) const {
    if (count > limit) fail(base::format("more than %zu %s", limit, what), ErrorCode::kTooLarge);
  }

  bool opset(std::span<const std::byte> bytes) {
    std::string domain;
    std::int64_t version = 0;
    each_field(bytes, [&](const Field& field) {
      if (field.number == 1) domain = text(field);
      if (field.number == 2) version = static_cast<std::int64_t>(field.value);
    });
    if (!domain.empty() && domain != "ai.onnx") return false;
    model_.opset = version;
    return true;
  }

  void metadata(std::span<const std::byte> bytes) {
    std::string key;
    std::string value;
    each_field(bytes, [&](const Field& field) {
      if (field.number == 1) key = text(field);
      if (field.number == 2) value = text(field);
    });
    model_.metadata[key] = value;
    check_count(model_.metadata.size(), kMaxMetadata, "metadata entries");
  }

  void graph(std::span<const std::byte> bytes) {
    each_field(bytes, [&](const Field& field) {
      switch (field.number) {
        case 1:
          model_.nodes.push_back(node(message(field)));
          break;
        case 2:
          model_.graph_name = text(field);
          break;
        case 5:
          model_.initializers.push_back(tensor(message(field), "an initializer"));
          break;
        case 11:
          model_.inputs.push_back(value_info(message(field)));
          break;
        case 12:
          model_.outputs.push_back(value_info(message(field)));
          break;
        case 15:
          fail("sparse initializers are unsupported", ErrorCode::kUnsupported);
        default:
          break;
      }
      check_count(model_.nodes.size(), kMaxNodes, "nodes");
      check_count(model_.initializers.size(), kMaxNodes, "initializers");
      check_count(model_.inputs.size() + model_.outputs.size(), 2 * kMaxNodes,
                  "inputs and outputs");
    });
  }

  Node node(std::span<const std::byte> bytes) {
    Node node;
    std::string domain;
    std::vector<std::span<const std::byte>> attributes;
    each_field(bytes, [&](const Field& field) {
      switch (field.number) {
        case 1:
          node.inputs.push_back(text(field));
          break;
        case 2:
          node.outputs.push_back(text(field));
          break;
        case 3:
          node.name = text(field);
          break;
        case 4:
          node.op_type = text(field);
          break;
        case 5:
          attributes.push_back(message(field));
          break;
        case 7:
          domain = text(field);
          break;
        default:
          break;
      }
      check_count(node.inputs.size(), kMaxPerNode, "inputs of one node");
      check_count(node.outputs.size(), kMaxPerNode, "outputs of one node");
      check_count(attributes.size(), kMaxPerNode, "attributes of one node");
    });
    parts_ += node.inputs.size() + node.outputs.size() + attributes.size();
    check_count(parts_, kMaxParts, "inputs, outputs and attributes of nodes");
    if (node.op_type.empty()) fail("node '" + node.name + "' has no op_type");
    if (node.outputs.empty()) fail(node.description() + " has no output");
    if (!domain.empty() && domain != "ai.onnx") {
      fail(node.description() + ": unsupported domain '" + domain + "'", ErrorCode::kUnsupported);
    }
    for (const auto& attribute_bytes : attributes) attribute(attribute_bytes, node);
    if (const auto to = node.attributes.find("to");
        node.op_type == "Cast" && to != node.attributes.end()) {
      std::int64_t* type = std::get_if<std::int64_t>(&to->second);
      if (type != nullptr && *type == kFloat16) *type = static_cast<int>(DataType::kFloat32);
    }
    return node;
  }

  void attribute(std::span<const std::byte> bytes, Node& node) {
    std::string name;
    std::int64_t type = 0;
    float real = 0;
    std::int64_t integer = 0;
    std::string string;
    std::span<const std::byte> tensor_bytes;
    std::vector<float> reals;
    std::vector<std::int64_t> integers;
    each_field(bytes, [&](const Field& field) {
      switch (field.number) {
        case 1:
          name = text(field);
          break;
        case 2:
          real = field.as_float();
          break;
        case 3:
          integer = static_cast<std::int64_t>(field.value);
          break;
        case 4:
          string = text(field);
          break;
        case 5:
          tensor_bytes = message(field);
          break;
        case 7:
          wire::append_floats(field, name_, reals);
          break;
        case 8:
          append_integers(field, integers);
          break;
        case 20:
          type = static_cast<std::int64_t>(field.value);
          break;
        default:
          break;
      }
    });
    Attribute value;
    switch (type) {
      case 1:
        value = real;
        break;
      case 2:
        value = integer;
        break;
      case 3:
        value = std::move(string);
        break;
      case 4:
        value = tensor(tensor_bytes, node.description() + ", attribute '" + name + "'");
        break;
      case 6:
        value = std::move(reals);
        break;
      case 7:
        value = std::move(integers);
        break;
      default:
        fail(node.description() + ": attribute '" + name +
                 base::format("' has the unsupported type %lld", static_cast<long long>(type)),
             ErrorCode::kUnsupported);
    }
    node.attributes.insert_or_assign(std::move(name), std::move(value));
  }

  void append_integers(const Field& field, std::vector<std::int64_t>& out) {
    const std::size_t before = out.size();
    wire::append_integers(field, name_, {before + kMaxIntegers - integers_, "integers in lists"},
                          out);
    integers_ += out.size() - before;
  }

  /// `where` is used in messages if the tensor has no name.
  Tensor tensor(std::span<const std::byte> bytes, const std::string& where) {
    Tensor tensor;
    std::int64_t type = 0;
    bool is_raw = false;
    std::span<const std::byte> raw;
    std::vector<float> reals;
    std::vector<std::int64_t> integers;
    each_field(bytes, [&](const Field& field) {
      switch (field.number) {
        case 1:
          wire::append_integers(field, name_, {kMaxRank, "dimensions of one tensor"}, tensor.shape);
          break;
        case 2:
          type = static_cast<std::int64_t>(field.value);
          break;
        case 4:
          wire::append_floats(field, name_, reals);
          break;
        case 5:
        case 7:
          append_integers(field, integers);
          break;
        case 8:
          tensor.name = text(field);
          break;
        case 9:
          raw = message(field);
          is_raw = true;
          break;
        case 13:
        case 14:
          if (field.number == 13 || field.value != 0) {
            fail("external tensor data is unsupported; store the weights inside the file",
                 ErrorCode::kUnsupported);
          }
          break;
        default:
          break;
      }
    });
    const std::string label = tensor.name.empty() ? where : "tensor '" + tensor.name + "'";
    tensor.type = data_type(type, label);
    if (type == kFloat16) {
      std::vector<std::uint16_t> halves(raw.size() / sizeof(std::uint16_t));
      if (raw.size() % sizeof(std::uint16_t) != 0) fail(label + " has an odd number of bytes");
      if (!raw.empty()) std::memcpy(halves.data(), raw.data(), raw.size());
      tensor.data = is_raw ? widen<std::uint16_t>(halves) : widen<std::int64_t>(integers);
    } else if (is_raw) {
      tensor.data.assign(raw.begin(), raw.end());
    } else {
      switch (tensor.type) {
        case DataType::kFloat32:
          store<float>(std::span<const float>(reals), tensor);
          break;
        case DataType::kUint8:
          store<std::uint8_t>(std::span<const std::int64_t>(integers), tensor);
          break;
        case DataType::kInt8:
          store<std::int8_t>(std::span<const std::int64_t>(integers), tensor);
          break;
        case DataType::kInt32:
          store<std::int32_t>(std::span<const std::int64_t>(integers), tensor);
          break;
        case DataType::kInt64:
          store<std::int64_t>(std::span<const std::int64_t>(integers), tensor);
          break;
      }
    }
    check_size(tensor, label);
    return tensor;
  }

  template <class T, class Stored>
  static void store(std::span<const Stored> values, Tensor& tensor) {
    tensor.data.resize(values.size() * sizeof(T));
    for (std::size_t i = 0; i < values.size(); ++i) {
      const T value = static_cast<T>(values[i]);
      std::memcpy(tensor.data.data() + i * sizeof(T), &value, sizeof(T));
    }
  }

  void check_size(const Tensor& tensor, const std::string& label) const {
    std::int64_t bytes = static_cast<std::int64_t>(size_of(tensor.type));
    for (const std::int64_t dimension : tensor.shape) {
      if (dimension < 0 || __builtin_mul_overflow(bytes, dimension, &bytes))
        fail(label + " has an invalid shape");
    }
    if (static_cast<std::size_t>(bytes) != tensor.data.size()) {
      fail(label + base::format(" has %zu bytes, but its shape needs %lld", tensor.data.size(),
                                static_cast<long long>(bytes)));
    }
  }

  DataType data_type(std::int64_t type, const std::string& label) const {
    switch (type) {
      case 1:
      case 2:
      case 3:
      case 6:
      case 7:
        return static_cast<DataType>(type);
      case kFloat16:
        return DataType::kFloat32;
      case 0:
        fail(label + " has no element type");
      default:
        fail(label + base::format(" has the unsupported element type %lld",
                                  static_cast<long long>(type)),
             ErrorCode::kUnsupported);
    }
  }

  ValueInfo value_info(std::span<const std::byte> bytes) const {
    ValueInfo info;
    std::span<const std::byte> type_bytes;
    each_field(bytes, [&](const Field& field) {
      if (field.number == 1) info.name = text(field);
      if (field.number == 2) type_bytes = message(field);
    });
    std::span<const std::byte> tensor_bytes;
    each_field(type_bytes, [&](const Field& field) {
      if (field.number != 1) fail("'" + info.name + "' is not a tensor", ErrorCode::kUnsupported);
      tensor_bytes = message(field);
    });
    std::int64_t type = 0;
    each_field(tensor_bytes, [&](const Field& field) {
      if (field.number == 1) type = static_cast<std::int64_t>(field.value);
      if (field.number == 2) {
        each_field(message(field), [&](const Field& dimension) {
          if (dimension.number == 1) info.shape.push_back(this->dimension(message(dimension)));
          check_count(info.shape.size(), kMaxRank, "dimensions of one value");
        });
      }
    });
    info.type = data_type(type, "'" + info.name + "'");
    return info;
  }

  std::int64_t dimension(std::span<const std::byte> bytes) const {
    std::int64_t value = -1;
    each_field(bytes, [&](const Field& field) {
      if (field.number == 1) value = static_cast<std::int64_t>(field.value);
    });
    return value < 0 ? -1 : value;
  }

  /// Checks that every value is computed once, before its first use.
  void check_graph() {
    std::unordered_set<std::string> known;
    const auto add = [&](const std::string& value) {
      if (value.empty()) fail("value without a name");
      if (!known.insert(value).second) fail("value '" + value + "' is computed twice");
    };
    for (const Tensor& tensor : model_.initializers) add(tensor.name);
    // Before IR version 4, inputs also listed the initializers.
    std::erase_if(model_.inputs,
                  [&](const ValueInfo& input) { return known.contains(input.name); });
    for (const ValueInfo& input : model_.inputs) add(input.name);
    for (const Node& node : model_.nodes) {
      for (const std::string& input : node.inputs) {
        if (!input.empty() && !known.contains(input)) {
          fail(node.description() + " uses '" + input + "' before it is computed");
        }
      }
      for (const std::string& output : node.outputs) {
        if (!output.empty()) add(output);
      }
    }
    for (const ValueInfo& output : model_.outputs) {
      if (!known.contains(output.name))
        fail("output '" + output.name + "' is not computed by any node");
    }
    if (model_.outputs.empty()) fail("the graph has no output");
  }

  const std::string& name_;
  Model model_;
  std::size_t parts_ = 0;     ///< see kMaxParts
  std::size_t integers_ = 0;  ///< see kMaxIntegers
};

}  // namespace

Model read_onnx(std::span<const std::byte> bytes, const std::string& name) {
  constexpr std::string_view kZipStart = "PK\x03\x04";  // of an archive, such as LibTorch writes
  const std::string_view start(reinterpret_cast<const char*>(bytes.data()),
                               std::min(bytes.size(), kZipStart.size()));
  if (start == kZipStart) {
    throw Error(ErrorCode::kBadFormat,
                name + ": not an ONNX file but an archive; export a checkpoint with 'mien export " +
                    name + " -o model.onnx'");
  }
  return OnnxReader(name).model(bytes);
}

Model read_onnx(const std::filesystem::path& path) {
  const std::vector<std::byte> bytes = base::read_file(path, kMaxFileBytes);
  return read_onnx(bytes, path.string());
}

}  // namespace mien::model
