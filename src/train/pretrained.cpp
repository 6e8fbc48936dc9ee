#include "train/pretrained.hpp"

#include <cmath>
#include <optional>

#include "base/file.hpp"
#include "mien/error.hpp"
#include "model/model.hpp"
#include "train/checkpoint.hpp"

namespace mien::train {
namespace {

/// With which the model was trained, as export wrote them.
std::optional<TrainSettings> settings_of(const model::Model& model, const std::string& file) {
  const auto found = model.metadata.find("training.settings");
  if (found == model.metadata.end()) return {};
  TrainSettings settings;
  OptionSet options;
  settings.declare(options);
  options.parse_toml(found->second, file, "");
  return settings;
}

/// The inverse of to_onnx: weights come by the names of the layers.
class WeightReader {
 public:
  WeightReader(const model::Model& model, std::string file) : model_(model), file_(std::move(file)) {}

  void fill(Network& network) {
    torch::NoGradGuard no_grad;
    network_ = &network;
    const std::vector<LayerSpec>& layers = network->spec().layers;
    fill_layers({layers.begin(), layers.end() - 1});
    std::int64_t from = 0;
    const std::vector<HeadSpec>& heads = network->spec().heads;
    for (const HeadSpec& head : heads) {
      // Where one head is wanted of a network with two, it is the one that answers in the same classes.
      const bool is_other = heads.size() == 1 && model_.find_initializer(head.name + ".weight") == nullptr;
      const std::string name = is_other ? "fer2013" : head.name;
      for (const char* part : {"weight", "bias"}) copy(name + "." + part, tensor(layers.back().name, part).slice(0, from, from + head.classes));
      from += head.classes;
    }
  }

 private:
  void fill_layers(const std::vector<LayerSpec>& layers) {
    for (std::size_t i = 0; i < layers.size(); ++i) {
      const LayerSpec& layer = layers[i];
      fill_layers(layer.body);
      fill_layers(layer.shortcut);
      if (layer.kind == LayerKind::kDense || layer.kind == LayerKind::kConv) copy(layer.name + ".weight", tensor(layer.name, "weight"));
      if (layer.kind == LayerKind::kDense || (layer.kind == LayerKind::kConv && layer.bias)) copy(layer.name + ".bias", tensor(layer.name, "bias"));
      if (layer.kind != LayerKind::kBatchNorm) continue;
      const bool folded = i > 0 && layers[i - 1].kind == LayerKind::kConv;
      if (!folded) {
        for (const char* part : {"weight", "bias", "running_mean", "running_var"}) copy(layer.name + "." + part, tensor(layer.name, part));
        continue;
      }
      tensor(layer.name, "weight").fill_(std::sqrt(1 + 1e-5));
      tensor(layer.name, "running_mean").zero_();
      tensor(layer.name, "running_var").fill_(1);
      if (layers[i - 1].bias) tensor(layer.name, "bias").zero_();
      else copy(layers[i - 1].name + ".bias", tensor(layer.name, "bias"));
    }
  }

  void copy(const std::string& name, torch::Tensor into) {
    const model::Tensor* found = model_.find_initializer(name);
    if (found == nullptr || found->type != model::DataType::kFloat32 || found->shape != into.sizes().vec()) {
      const std::optional<TrainSettings> settings = settings_of(model_, file_);
      const std::string what = settings ? format(" of a network '%s' with %s", settings->network.c_str(), settings->has_ferplus_head() ? "--ferplus-weight" : "one head") : "";
      throw Error(ErrorCode::kBadFormat, file_ + ": has weights" + what + ", but no '" + name + "' that fits the network '" + (*network_)->spec().name + "' that is trained");
    }
    const auto values = found->values<float>();
    into.copy_(torch::from_blob(const_cast<float*>(values.data()), found->shape, torch::kFloat));
  }

  torch::Tensor tensor(const std::string& layer, const std::string& part) {
    const auto parameters = (*network_)->named_parameters(), buffers = (*network_)->named_buffers();
    const torch::Tensor* found = parameters.find(layer + "." + part);
    return found != nullptr ? *found : buffers[layer + "." + part];
  }

  const model::Model& model_;
  std::string file_;
  Network* network_ = nullptr;
};

}  // namespace

bool is_model_file(const std::filesystem::path& path) { return path.extension() == ".onnx"; }

NetworkSpec pretrained_spec(const std::filesystem::path& path) {
  if (!is_model_file(path)) return Checkpoint(path).state().settings.network_spec();
  const std::optional<TrainSettings> settings = settings_of(model::read_onnx(path), path.string());
  if (!settings) {
    throw Error(ErrorCode::kBadFormat, path.string() + ": does not say how it was trained ('training.settings'); only a model file that mien export wrote can teach");
  }
  return settings->network_spec();
}

void load_pretrained(const std::filesystem::path& path, Network& network) {
  if (!is_model_file(path)) return Checkpoint(path).load_averaged(network);
  const model::Model model = model::read_onnx(path);
  WeightReader(model, path.string()).fill(network);
}

}  // namespace mien::train
