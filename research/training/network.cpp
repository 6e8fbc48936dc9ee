#include "training/network.hpp"

#include "training/winograd.hpp"

namespace mien::training {

namespace nn = torch::nn;

struct NetworkImpl::Features {
  std::int64_t channels = 1, side = 48;
};

NetworkImpl::NetworkImpl(NetworkSpec spec) : spec_(std::move(spec)) {
  Features features;
  layers_ = build(spec_.layers, features);
}

std::vector<NetworkImpl::Layer> NetworkImpl::build(const std::vector<LayerSpec>& specs,
                                                   Features& features) {
  std::vector<Layer> layers;
  for (const LayerSpec& spec : specs) {
    Layer layer{.spec = &spec};
    switch (spec.kind) {
      case LayerKind::kConv:
        layer.conv = register_module(
            spec.name, nn::Conv2d(nn::Conv2dOptions(features.channels, spec.out, spec.kernel)
                                      .stride(spec.stride)
                                      .padding(spec.kernel / 2)
                                      .groups(spec.groups)
                                      .bias(spec.bias)));
        nn::init::kaiming_normal_(layer.conv->weight, 0.0, torch::kFanIn, torch::kReLU);
        if (spec.bias) nn::init::zeros_(layer.conv->bias);
        features = {spec.out, (features.side + spec.stride - 1) / spec.stride};
        break;
      case LayerKind::kBatchNorm:
        layer.norm = register_module(
            spec.name,
            nn::BatchNorm2d(nn::BatchNorm2dOptions(features.channels).eps(kNormEpsilon)));
        break;
      case LayerKind::kMaxPool:
        features.side /= 2;
        break;
      case LayerKind::kGlobalAveragePool:
        features.side = 1;
        break;
      case LayerKind::kFlatten:
        features = {features.channels * features.side * features.side, 1};
        break;
      case LayerKind::kDense:
        layer.dense = register_module(spec.name, nn::Linear(features.channels, spec.out));
        nn::init::kaiming_normal_(layer.dense->weight, 0.0, torch::kFanIn, torch::kReLU);
        nn::init::zeros_(layer.dense->bias);
        features.channels = spec.out;
        break;
      case LayerKind::kResidual: {
        Features shortcut = features;
        layer.body = build(spec.body, features);
        layer.shortcut = build(spec.shortcut, shortcut);
        break;
      }
      case LayerKind::kRelu:
      case LayerKind::kRelu6:
      case LayerKind::kDropout:
        break;
    }
    layers.push_back(std::move(layer));
  }
  return layers;
}

torch::Tensor NetworkImpl::forward(torch::Tensor input) { return apply(layers_, std::move(input)); }

void NetworkImpl::unfold_norms(torch::Tensor input) {
  TORCH_CHECK(!is_training(), "unfold_norms requires evaluation mode");
  const torch::NoGradGuard no_grad;
  apply(layers_, std::move(input), true);
}

void NetworkImpl::unfold_norm(const nn::Conv2d& conv, const nn::BatchNorm2d& norm,
                              const torch::Tensor& input) {
  const torch::Tensor gain = norm->weight / (norm->running_var + kNormEpsilon).sqrt();
  const torch::Tensor bias = norm->bias - norm->running_mean * gain;
  const torch::Tensor mean = input.mean({0, 2, 3}), variance = input.var({0, 2, 3}, false);
  const torch::Tensor deviation = (variance + kNormEpsilon).sqrt();
  conv->weight.div_(deviation.view({-1, 1, 1, 1}));
  if (conv->bias.defined()) conv->bias.div_(deviation);
  norm->running_mean.copy_(mean / deviation);
  norm->running_var.copy_(variance / deviation.square());
  norm->weight.copy_(gain * deviation * (norm->running_var + kNormEpsilon).sqrt());
  norm->bias.copy_(bias + gain * mean);
}

torch::Tensor NetworkImpl::apply(const std::vector<Layer>& layers, torch::Tensor x,
                                 bool unfolds_norms) {
  const Layer* before = nullptr;
  for (const Layer& layer : layers) {
    switch (layer.spec->kind) {
      case LayerKind::kConv: {
        const bool is_plain =
            layer.spec->stride == 1 && layer.spec->groups == 1 && !layer.spec->bias;
        x = is_plain && winograd_is_faster() && fits_winograd(x, layer.conv->weight)
                ? convolve_3x3(x, layer.conv->weight)
                : nn::Conv2d(layer.conv)->forward(x);
        break;
      }
      case LayerKind::kBatchNorm: {
        const torch::Tensor input = x;
        x = nn::BatchNorm2d(layer.norm)->forward(x);
        if (unfolds_norms && before != nullptr && before->spec->kind == LayerKind::kConv)
          unfold_norm(before->conv, layer.norm, input);
        break;
      }
      case LayerKind::kRelu:
        x = torch::relu_(x);
        break;
      case LayerKind::kRelu6:
        x = torch::clamp(x, 0, 6);
        break;
      case LayerKind::kMaxPool:
        x = torch::max_pool2d(x, 2);
        break;
      case LayerKind::kGlobalAveragePool:
        x = x.mean({2, 3});
        break;
      case LayerKind::kFlatten:
        x = x.flatten(1);
        break;
      case LayerKind::kDropout:
        if (layer.spec->rate > 0) x = torch::dropout(x, layer.spec->rate, is_training());
        break;
      case LayerKind::kDense:
        x = nn::Linear(layer.dense)->forward(x);
        break;
      case LayerKind::kResidual: {
        const torch::Tensor shortcut = apply(layer.shortcut, x, unfolds_norms);
        x = apply(layer.body, x, unfolds_norms) + shortcut;
        break;
      }
    }
    before = &layer;
  }
  return x;
}

}  // namespace mien::training
