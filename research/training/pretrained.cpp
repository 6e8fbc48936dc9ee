#include "training/pretrained.hpp"

#include <algorithm>
#include <cmath>

#include "base/file.hpp"
#include "mien/error.hpp"
#include "model/classifier.hpp"
#include "model/heads.hpp"

namespace mien::training {
namespace {

/// The training settings that export stored.
TrainSettings settings_of(const model::Model& model, const std::string& file) {
  const auto found = model.metadata.find("training.settings");
  if (found == model.metadata.end()) {
    throw Error(
        ErrorCode::kBadFormat,
        file + ": has no metadata 'training.settings'; use a model file written by mien export");
  }
  TrainSettings settings;
  base::OptionSet options;
  settings.declare(options);
  try {
    options.parse_toml(found->second, file, "");
  } catch (const Error& error) {
    throw Error(ErrorCode::kBadFormat, error.what());
  }
  return settings;
}

/// The layers with weights, except the last one (the heads).
std::vector<LayerSummary> layers_with_weights(const NetworkSpec& spec) {
  std::vector<LayerSummary> layers = summarize(spec);
  std::erase_if(layers, [](const LayerSummary& layer) { return layer.parameters == 0; });
  layers.pop_back();
  return layers;
}

void check_same_layers(const std::string& file, const NetworkSpec& found,
                       const NetworkSpec& wanted) {
  const auto differ = [](const LayerSummary& a, const LayerSummary& b) {
    return a.name != b.name || a.kind != b.kind || a.parameters != b.parameters;
  };
  const std::vector<LayerSummary> theirs = layers_with_weights(found),
                                  ours = layers_with_weights(wanted);
  for (std::size_t i = 0; i < std::max(theirs.size(), ours.size()); ++i) {
    if (i < theirs.size() && i < ours.size() && !differ(theirs[i], ours[i])) continue;
    throw Error(ErrorCode::kInvalidArgument,
                base::format("%s: the layers of its network '%s' differ from those of '%s', which "
                             "is to be trained, from layer '%s' on",
                             file.c_str(), found.name.c_str(), wanted.name.c_str(),
                             (i < theirs.size() ? theirs : ours)[i].name.c_str()));
  }
}

/// The inverse of to_onnx: copies weights by layer name.
class WeightReader {
 public:
  WeightReader(const model::Model& model, const std::string& file, Network& network)
      : model_(model), file_(file), network_(network) {}

  void fill() {
    const torch::NoGradGuard no_grad;
    const NetworkSpec& spec = network_->spec();
    fill_layers({spec.layers.begin(), spec.layers.end() - 1});
    std::int64_t from = 0;
    for (const HeadSpec& head : spec.heads) {
      const bool is_other =
          spec.heads.size() == 1 && model_.find_initializer(head.name + ".weight") == nullptr;
      const std::string name = is_other ? std::string(model::kFer2013Head) : head.name;
      for (const char* part : {".weight", ".bias"}) {
        copy(name + part,
             tensor(spec.layers.back().name + part).slice(0, from, from + head.classes));
      }
      from += head.classes;
    }
  }

 private:
  void fill_layers(const std::vector<LayerSpec>& layers) {
    for (std::size_t i = 0; i < layers.size(); ++i) {
      const LayerSpec& layer = layers[i];
      switch (layer.kind) {
        case LayerKind::kConv:
        case LayerKind::kDense:
          copy(layer.name + ".weight");
          if (layer.bias) copy(layer.name + ".bias");
          break;
        case LayerKind::kBatchNorm:
          if (i > 0 && layers[i - 1].kind == LayerKind::kConv)
            reset_norm(layer, layers[i - 1]);
          else
            for (const char* part : {".weight", ".bias", ".running_mean", ".running_var"})
              copy(layer.name + part);
          break;
        case LayerKind::kResidual:
          fill_layers(layer.body);
          fill_layers(layer.shortcut);
          break;
        default:
          break;
      }
    }
  }

  /// Resets a norm that was folded into `conv` to the identity plus the bias of the folded
  /// convolution.
  void reset_norm(const LayerSpec& norm, const LayerSpec& conv) {
    tensor(norm.name + ".weight").fill_(std::sqrt(1 + kNormEpsilon));
    tensor(norm.name + ".running_mean").zero_();
    tensor(norm.name + ".running_var").fill_(1);
    if (conv.bias)
      tensor(norm.name + ".bias").zero_();
    else
      copy(conv.name + ".bias", tensor(norm.name + ".bias"));
  }

  void copy(const std::string& name) { copy(name, tensor(name)); }
  void copy(const std::string& name, torch::Tensor into) {
    const model::Tensor* found = model_.find_initializer(name);
    if (found == nullptr || found->type != model::DataType::kFloat32 ||
        found->shape != into.sizes().vec()) {
      throw Error(ErrorCode::kBadFormat,
                  file_ + ": f32 weights '" + name +
                      "' are missing or have another shape; use a model that is not quantized");
    }
    const auto values = found->values<float>();
    into.copy_(torch::from_blob(const_cast<float*>(values.data()), found->shape, torch::kFloat));
  }

  torch::Tensor tensor(const std::string& name) {
    const auto parameters = network_->named_parameters(), buffers = network_->named_buffers();
    const torch::Tensor* found = parameters.find(name);
    return found != nullptr ? *found : buffers[name];
  }

  const model::Model& model_;
  const std::string& file_;
  Network& network_;
};

}  // namespace

Pretrained::Pretrained(const std::filesystem::path& path) : file_(path.string()) {
  if (path.extension() == ".onnx") {
    model_ = model::read_onnx(path);
    spec_ = settings_of(*model_, file_).network_spec();
    const model::ClassifierInfo info = model::read_classifier_info(*model_);
    pixel_mean_ = info.mean;
    pixel_std_ = info.std;
  } else {
    checkpoint_ = std::make_unique<Checkpoint>(path);
    spec_ = checkpoint_->state().settings.network_spec();
    pixel_mean_ = checkpoint_->state().pixel_mean;
    pixel_std_ = checkpoint_->state().pixel_std;
  }
}

void Pretrained::fill(Network& network) {
  check_same_layers(file_, spec_, network->spec());
  if (model_)
    WeightReader(*model_, file_, network).fill();
  else
    checkpoint_->load_averaged(network);
}

}  // namespace mien::training
