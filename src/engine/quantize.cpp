#include "engine/quantize.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "engine/attributes.hpp"
#include "engine/network.hpp"
#include "engine/range.hpp"
#include "engine/simplify.hpp"

namespace mien::engine {
namespace {

using model::Model;
using model::Node;
using model::Tensor;

constexpr std::int64_t kCalibrationBatch = 16;

/// Operators that only move values, so that input and output can share a scale.
bool only_moves_values(const Node& node) {
  return node.op_type == "MaxPool" || node.op_type == "Flatten" || node.op_type == "Reshape" ||
         node.op_type == "Transpose";
}

class Quantizer {
 public:
  Quantizer(const Model& model, const QuantizeOptions& options)
      : source_(simplify(model, NormPlacement::kInPlace)), options_(options) {
    names_.insert(source_.inputs.at(0).name);
    for (const Tensor& tensor : source_.initializers) names_.insert(tensor.name);
    for (const Node& node : source_.nodes) {
      for (const std::string& output : node.outputs) {
        producers_[output] = &node;
        names_.insert(output);
      }
    }
  }

  Model run(std::span<const float> images, const InputShape& shape) {
    choose_layers();
    calibrate(images, shape);
    Model result = source_;
    result.nodes.clear();
    result.opset = std::max<std::int64_t>(source_.opset, 13);
    result_ = &result;
    append_pair(source_.inputs[0].name);
    for (Node node : source_.nodes) {
      const bool is_layer = layers_.contains(node.outputs[0]);
      const std::string input = node.inputs.empty() ? std::string() : node.inputs[0];
      for (std::string& name : node.inputs) {
        if (const auto found = dequantized_.find(name); found != dequantized_.end())
          name = found->second;
      }
      if (is_layer) quantize_weights(node, input);
      result.nodes.push_back(node);
      for (const std::string& output : node.outputs) append_pair(output);
    }
    drop_unused_weights(result);
    return result;
  }

 private:
  bool is_output(const std::string& name) const {
    return std::any_of(source_.outputs.begin(), source_.outputs.end(),
                       [&](const auto& o) { return o.name == name; });
  }

  bool is_layer(const Node& node) const {
    if ((node.op_type != "Conv" && node.op_type != "Gemm") || is_output(node.outputs[0]))
      return false;
    if (std::find(options_.keep_f32.begin(), options_.keep_f32.end(), node.name) !=
        options_.keep_f32.end()) {
      return false;
    }
    const Tensor* weights =
        node.inputs.size() > 1 ? source_.find_initializer(node.inputs[1]) : nullptr;
    if (weights == nullptr || weights->type != model::DataType::kFloat32) return false;
    return node.inputs.size() < 3 || node.inputs[2].empty() ||
           source_.find_initializer(node.inputs[2]) != nullptr;
  }

  /// Maps every value that is stored in 8 bits to the root value whose scale it shares.
  void choose_layers() {
    for (const Node& node : source_.nodes) {
      if (!is_layer(node)) continue;
      layers_.insert(node.outputs[0]);
      std::vector<std::string> path = {node.inputs[0]};
      for (;;) {
        const auto producer = producers_.find(path.back());
        if (producer == producers_.end() || !only_moves_values(*producer->second) ||
            producer->second->inputs.empty()) {
          break;
        }
        path.push_back(producer->second->inputs[0]);
      }
      for (const std::string& value : path) roots_[value] = path.back();
    }
    if (layers_.empty()) throw Error(ErrorCode::kUnsupported, "the model has no layer to quantize");
  }

  void calibrate(std::span<const float> images, const InputShape& shape) {
    std::set<std::string> watched;
    for (const auto& [value, root] : roots_) watched.insert(root);
    Model probe = source_;
    probe.outputs.clear();
    for (const std::string& name : watched)
      probe.outputs.push_back({name, model::DataType::kFloat32, {}});
    const Network network = Network::compile(std::move(probe), {Precision::kF32, options_.threads});
    std::map<std::string, RangeFinder> finders;
    const auto pass = [&](void (RangeFinder::*visit)(std::span<const float>)) {
      const std::int64_t size = shape[1] * shape[2] * shape[3];
      for (std::int64_t first = 0; first < shape[0]; first += kCalibrationBatch) {
        const std::int64_t count = std::min(kCalibrationBatch, shape[0] - first);
        const auto batch = images.subspan(first * size, count * size);
        for (const OutputTensor& output :
             network.run(batch, {count, shape[1], shape[2], shape[3]})) {
          (finders[output.name].*visit)(output.values);
        }
      }
    };
    pass(&RangeFinder::observe);
    pass(&RangeFinder::count);
    for (const auto& [name, finder] : finders) ranges_[name] = finder.result();
  }

  /// A name that no value has.
  std::string unique_name(std::string name) {
    while (!names_.insert(name).second) name += "'";
    return name;
  }

  template <class T>
  std::string add(const std::string& stem, Dims shape, const std::vector<T>& values) {
    const std::string name = unique_name(stem);
    result_->initializers.push_back(
        model::make_tensor<T>(name, std::move(shape), std::span<const T>(values)));
    return name;
  }

  void append_pair(const std::string& value) {
    const auto root = roots_.find(value);
    if (root == roots_.end()) return;
    const RangeFinder::Result& range = ranges_.at(root->second);
    const std::string scale = add<float>(value + "/scale", {}, {range.scale});
    const std::string zero_point = add<std::uint8_t>(value + "/zero_point", {}, {range.zero_point});
    const std::string stored = unique_name(value + "/quantized");
    result_->nodes.push_back({stored, "QuantizeLinear", {value, scale, zero_point}, {stored}, {}});
    const std::string back = unique_name(value + "/dequantized");
    result_->nodes.push_back({back, "DequantizeLinear", {stored, scale, zero_point}, {back}, {}});
    dequantized_[value] = back;
  }

  /// Replaces the weights of a layer (quantized per output channel) by 8-bit ones and its bias by a
  /// 32-bit one.
  void quantize_weights(Node& node, const std::string& input) {
    const Tensor& weights = *source_.find_initializer(node.inputs[1]);
    const std::int64_t channels = weights.shape.at(0);
    const auto values = weights.values<float>();
    const std::size_t per_channel = values.size() / std::max<std::int64_t>(channels, 1);
    std::vector<std::int8_t> stored;
    std::vector<float> scales;
    for (std::int64_t c = 0; c < channels; ++c) {
      const auto channel = values.subspan(c * per_channel, per_channel);
      float largest = 0;
      for (const float value : channel) largest = std::max(largest, std::abs(value));
      scales.push_back(largest > 1e-20F ? largest / 127 : 1);
      for (const float value : channel) {
        stored.push_back(static_cast<std::int8_t>(
            std::clamp(std::nearbyint(value / scales.back()), -127.0F, 127.0F)));
      }
    }
    const std::string stem = node.outputs[0];
    node.inputs[1] = append_dequantized(stem + "/weight", weights.shape, stored, scales);

    if (node.inputs.size() < 3 || node.inputs[2].empty()) return;
    const auto bias = source_.find_initializer(node.inputs[2])->values<float>();
    std::vector<std::int32_t> stored_bias;
    std::vector<float> bias_scales;
    for (std::int64_t c = 0; c < channels; ++c) {
      bias_scales.push_back(ranges_.at(roots_.at(input)).scale * scales[c]);
      const double number = std::nearbyint(static_cast<double>(bias[c]) / bias_scales.back());
      stored_bias.push_back(
          static_cast<std::int32_t>(std::clamp(number, -2147483647.0, 2147483647.0)));
    }
    node.inputs[2] = append_dequantized(stem + "/bias", {channels}, stored_bias, bias_scales);
  }

  template <class T>
  std::string append_dequantized(const std::string& stem, const Dims& shape,
                                 const std::vector<T>& stored, const std::vector<float>& scales) {
    const auto channels = static_cast<std::int64_t>(scales.size());
    const std::vector<std::string> inputs = {
        add(stem + "/stored", shape, stored), add(stem + "/scale", {channels}, scales),
        add(stem + "/zero_point", {channels}, std::vector<T>(scales.size()))};
    const std::string output = unique_name(stem + "/dequantized");
    result_->nodes.push_back(
        {output, "DequantizeLinear", inputs, {output}, {{"axis", std::int64_t{0}}}});
    return output;
  }

  static void drop_unused_weights(Model& model) {
    std::set<std::string> used;
    for (const Node& node : model.nodes) used.insert(node.inputs.begin(), node.inputs.end());
    for (const model::ValueInfo& output : model.outputs) used.insert(output.name);
    std::erase_if(model.initializers,
                  [&](const Tensor& tensor) { return !used.contains(tensor.name); });
  }

  const Model source_;
  const QuantizeOptions& options_;
  std::map<std::string, const Node*> producers_;
  std::set<std::string> layers_;                       ///< by output
  std::map<std::string, std::string> roots_;           ///< see choose_layers
  std::map<std::string, RangeFinder::Result> ranges_;  ///< by root
  std::map<std::string, std::string> dequantized_;     ///< value -> its dequantized form
  std::set<std::string> names_;                        ///< of all values of both models
  Model* result_ = nullptr;
};

}  // namespace

Model quantize(const Model& model, std::span<const float> images, const InputShape& shape,
               const QuantizeOptions& options) {
  if (model.opset < 13) {
    throw Error(ErrorCode::kUnsupported,
                "quantization needs opset 13 or later, not " + std::to_string(model.opset));
  }
  for (const Node& node : model.nodes) {
    if (node.op_type == "QuantizeLinear" || node.op_type == "DequantizeLinear") {
      throw Error(ErrorCode::kUnsupported,
                  "the model is already quantized (" + node.description() + ")");
    }
  }
  std::int64_t count = 1;
  for (const std::int64_t dimension : shape) {
    if (dimension <= 0)
      throw Error(ErrorCode::kInvalidArgument, "quantization needs calibration images");
    count *= dimension;
  }
  if (static_cast<std::int64_t>(images.size()) != count) {
    throw Error(ErrorCode::kInvalidArgument,
                "the calibration images have " + std::to_string(images.size()) +
                    " values, but their shape needs " + std::to_string(count));
  }
  return Quantizer(model, options).run(images, shape);
}

}  // namespace mien::engine
