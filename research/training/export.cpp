#include "training/export.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/file.hpp"
#include "base/text.hpp"
#include "datasets/dataset.hpp"
#include "mien/error.hpp"
#include "model/classifier.hpp"
#include "model/heads.hpp"
#include "training/optimizer.hpp"

namespace mien::training {
namespace {

/// Writes the nodes of a spec; each layer takes the name of its input value and returns that of its
/// output.
class GraphWriter {
 public:
  explicit GraphWriter(const Network& network) : network_(network) {}

  model::Model write() {
    model_.graph_name = network_->spec().name;
    model_.inputs = {{"input", model::DataType::kFloat32, {-1, 1, 48, 48}}};
    std::vector<LayerSpec> body = network_->spec().layers;
    const LayerSpec dense = body.back();
    body.pop_back();
    write_heads(dense, write_layers(body, "input"));
    return std::move(model_);
  }

 private:
  /// One graph output per head, from its rows of the last dense layer.
  void write_heads(const LayerSpec& dense, const std::string& features) {
    std::int64_t from = 0;
    for (const HeadSpec& head : network_->spec().heads) {
      const std::int64_t to = from + head.classes;
      model_.nodes.push_back(
          {head.name,
           "Gemm",
           {features,
            add_tensor(head.name + ".weight", tensor(dense.name, "weight").slice(0, from, to)),
            add_tensor(head.name + ".bias", tensor(dense.name, "bias").slice(0, from, to))},
           {head.name},
           {{"transB", std::int64_t{1}}}});
      model_.outputs.push_back({head.name, model::DataType::kFloat32, {-1, head.classes}});
      from = to;
    }
  }

  std::string write_layers(const std::vector<LayerSpec>& layers, std::string value) {
    for (std::size_t i = 0; i < layers.size(); ++i) {
      const LayerSpec& layer = layers[i];
      switch (layer.kind) {
        case LayerKind::kConv: {
          const bool folds = i + 1 < layers.size() && layers[i + 1].kind == LayerKind::kBatchNorm;
          value = write_conv(layer, folds ? &layers[i + 1] : nullptr, value);
          if (folds) ++i;
          break;
        }
        case LayerKind::kBatchNorm: {
          std::vector<std::string> inputs{value};
          for (const char* part : {"weight", "bias", "running_mean", "running_var"}) {
            inputs.push_back(add_tensor(layer.name + "." + part, tensor(layer.name, part)));
          }
          value = add("BatchNormalization", layer.name, inputs,
                      {{"epsilon", static_cast<float>(kNormEpsilon)}});
          break;
        }
        case LayerKind::kRelu:
          value = add("Relu", unique("relu"), {value});
          break;
        case LayerKind::kRelu6:
          value = add("Clip", unique("relu6"), {value, scalar("zero", 0), scalar("six", 6)});
          break;
        case LayerKind::kMaxPool:
          value = add("MaxPool", unique("pool"), {value},
                      {{"kernel_shape", ints({2, 2})}, {"strides", ints({2, 2})}});
          break;
        case LayerKind::kGlobalAveragePool:
          value = add("GlobalAveragePool", unique("global_pool"), {value});
          value = add("Flatten", unique("flatten"), {value}, {{"axis", std::int64_t{1}}});
          break;
        case LayerKind::kFlatten:
          value = add("Flatten", unique("flatten"), {value}, {{"axis", std::int64_t{1}}});
          break;
        case LayerKind::kDropout:
          break;
        case LayerKind::kDense:
          value = add("Gemm", layer.name,
                      {value, add_tensor(layer.name + ".weight", tensor(layer.name, "weight")),
                       add_tensor(layer.name + ".bias", tensor(layer.name, "bias"))},
                      {{"transB", std::int64_t{1}}});
          break;
        case LayerKind::kResidual: {
          const std::string body = write_layers(layer.body, value),
                            shortcut = write_layers(layer.shortcut, value);
          value = add("Add", layer.name, {body, shortcut});
          break;
        }
      }
    }
    return value;
  }

  std::string write_conv(const LayerSpec& layer, const LayerSpec* norm, const std::string& value) {
    torch::Tensor weight = tensor(layer.name, "weight");
    torch::Tensor bias = layer.bias ? tensor(layer.name, "bias") : torch::zeros({layer.out});
    if (norm != nullptr) {
      const torch::Tensor gain =
          (tensor(norm->name, "weight").to(torch::kDouble) /
           (tensor(norm->name, "running_var").to(torch::kDouble) + kNormEpsilon).sqrt());
      weight = (weight.to(torch::kDouble) * gain.view({-1, 1, 1, 1})).to(torch::kFloat);
      bias = ((bias.to(torch::kDouble) - tensor(norm->name, "running_mean")) * gain +
              tensor(norm->name, "bias"))
                 .to(torch::kFloat);
    }
    const std::int64_t kernel = layer.kernel, pad = layer.kernel / 2, stride = layer.stride;
    return add(
        "Conv", layer.name,
        {value, add_tensor(layer.name + ".weight", weight), add_tensor(layer.name + ".bias", bias)},
        {{"kernel_shape", ints({kernel, kernel})},
         {"pads", ints({pad, pad, pad, pad})},
         {"strides", ints({stride, stride})},
         {"group", std::int64_t{layer.groups}}});
  }

  static model::Attribute ints(std::vector<std::int64_t> values) { return values; }

  std::string unique(const char* kind) { return std::string(kind) + std::to_string(++counter_); }

  std::string add(const char* op, const std::string& name, std::vector<std::string> inputs,
                  std::map<std::string, model::Attribute> attributes = {}) {
    model_.nodes.push_back({name, op, std::move(inputs), {name + ":0"}, std::move(attributes)});
    return name + ":0";
  }

  /// A parameter or statistic of a layer, f32 on the CPU.
  torch::Tensor tensor(const std::string& layer, const std::string& part) const {
    const auto parameters = network_->named_parameters(), buffers = network_->named_buffers();
    const std::string name = layer + "." + part;
    const torch::Tensor* found = parameters.find(name);
    if (found == nullptr) found = buffers.find(name);
    return found->detach().to(torch::kCPU, torch::kFloat).contiguous();
  }

  std::string scalar(const std::string& name, float number) {
    const auto named = [&](const model::Tensor& tensor) { return tensor.name == name; };
    if (std::any_of(model_.initializers.begin(), model_.initializers.end(), named)) return name;
    return add_tensor(name, torch::tensor(number));
  }

  std::string add_tensor(const std::string& name, const torch::Tensor& values) {
    const torch::Tensor plain = values.contiguous();
    model::Tensor out{
        .name = name, .type = model::DataType::kFloat32, .shape = plain.sizes().vec()};
    out.data.resize(static_cast<std::size_t>(plain.numel()) * sizeof(float));
    std::memcpy(out.data.data(), plain.data_ptr<float>(), out.data.size());
    model_.initializers.push_back(std::move(out));
    return name;
  }

  const Network& network_;
  model::Model model_;
  int counter_ = 0;
};

/// Without machine-specific folders: "a/run1/best.ckpt,b/run2/best.ckpt" becomes
/// "run1/best.ckpt,run2/best.ckpt".
std::string names_of(const std::string& checkpoints) {
  std::vector<std::string> names;
  for (const std::filesystem::path file : base::split_list(checkpoints))
    names.push_back((file.parent_path().filename() / file.filename()).string());
  return base::join(names, ",");
}

/// Shapes of all parameters and buffers, by name.
std::map<std::string, std::vector<std::int64_t>> shapes(const Network& network) {
  std::map<std::string, std::vector<std::int64_t>> result;
  for (const auto& entry : network->named_parameters())
    result[entry.key()] = entry.value().sizes().vec();
  for (const auto& entry : network->named_buffers())
    result[entry.key()] = entry.value().sizes().vec();
  return result;
}

}  // namespace

model::Model to_onnx(const Network& network) { return GraphWriter(network).write(); }

MeanNetwork mean_of_checkpoints(const std::vector<std::filesystem::path>& paths) {
  if (paths.empty()) throw Error(ErrorCode::kInvalidArgument, "no checkpoint given");
  RunState state = Checkpoint(paths.back()).state();
  Network network(state.settings.network_spec());
  std::string mean_of;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    Checkpoint checkpoint(paths[i]);
    if (checkpoint.state().data_hash != state.data_hash) {
      throw Error(ErrorCode::kInvalidArgument,
                  paths[i].string() + ": was trained on different data than " +
                      paths.back().string() + "; average only checkpoints of the same data");
    }
    Network one(checkpoint.state().settings.network_spec());
    checkpoint.load_averaged(one);
    if (shapes(one) != shapes(network)) {
      throw Error(ErrorCode::kInvalidArgument,
                  paths[i].string() + ": has a different network than " + paths.back().string() +
                      "; average only checkpoints of the same network");
    }
    update_average(network, one, static_cast<double>(i) / static_cast<double>(i + 1));
    mean_of += base::format("%sepoch %d of seed %llu", i > 0 ? ", " : "", checkpoint.state().epoch,
                            static_cast<unsigned long long>(checkpoint.state().settings.seed));
  }
  if (paths.size() == 1) {
    mean_of.clear();
  } else {  // the scores do not apply to the mean
    state.history.clear();
    state.best_score = -1;
  }
  return {std::move(network), std::move(state), std::move(mean_of)};
}

model::Model export_checkpoints(const std::vector<std::filesystem::path>& paths,
                                const std::map<std::string, std::string>& extra,
                                const std::string& head) {
  const auto [network, state, mean_of] = mean_of_checkpoints(paths);
  model::Model model = to_onnx(network);
  model::ClassifierInfo info;
  for (const HeadSpec& head : network->spec().heads) {
    std::vector<std::string> labels;
    for (int c = 0; c < head.classes; ++c) labels.emplace_back(to_string(static_cast<Emotion>(c)));
    if (&head == &network->spec().heads.front())
      info.labels = std::move(labels);
    else
      info.other_heads[head.name].labels = std::move(labels);
  }
  info.input_size = datasets::kFaceSize;
  info.mean = state.pixel_mean;
  info.std = state.pixel_std;
  TrainSettings settings = state.settings;
  base::OptionSet options;
  settings.declare(options);
  // Only file names, without the folders of this machine.
  settings.data = std::filesystem::path(settings.data).filename();
  for (std::string* path : {&settings.votes, &settings.drop, &settings.relabel})
    *path = std::filesystem::path(*path).filename();
  settings.teachers = names_of(settings.teachers);
  settings.from = names_of(settings.from);
  info.provenance["training.settings"] = options.to_toml();
  info.provenance["training.data"] = state.data_summary;
  info.provenance["training.data_hash"] = state.data_hash;
  info.provenance["training.epochs"] = std::to_string(state.epoch);
  info.provenance["training.code_version"] = MIEN_CODE_VERSION;
  if (!mean_of.empty()) info.provenance["training.mean_of"] = mean_of;
  if (!state.history.empty()) {
    const EpochRecord& record = state.history.back();
    info.provenance["scores.public_test"] =
        base::format("accuracy %.4f, macro F1 %.4f (during training)", record.valid_accuracy,
                     record.valid_macro_f1);
    if (record.valid_ferplus_accuracy > 0) {
      info.provenance["scores.public_test_ferplus"] = base::format(
          "accuracy %.4f of eight classes (during training)", record.valid_ferplus_accuracy);
    }
  }
  model::write_classifier_info(model, info);
  for (const auto& [key, value] : extra) model.metadata[key] = value;
  model::read_classifier_info(model);  // validates `extra`
  return head.empty() ? model : model::with_default_head(std::move(model), head);
}

}  // namespace mien::training
