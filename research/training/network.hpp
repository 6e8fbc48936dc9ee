#pragma once

#include <torch/torch.h>

#include <vector>

#include "training/network_spec.hpp"

namespace mien::training {

/// A LibTorch module built from a NetworkSpec. Weights are initialized as in He et al. 2015 (fan
/// in, ReLU).
class NetworkImpl : public torch::nn::Module {
 public:
  explicit NetworkImpl(NetworkSpec spec);

  /// [N, 1, 48, 48] normalized gray to [N, classes] logits.
  torch::Tensor forward(torch::Tensor input);

  /// Restores batch norms that were folded into the convolutions before them: sets their statistics
  /// from `input` and rescales convolution and norm so that the outputs stay the same. Requires
  /// evaluation mode.
  void unfold_norms(torch::Tensor input);

  const NetworkSpec& spec() const { return spec_; }

 private:
  struct Layer {
    const LayerSpec* spec;
    torch::nn::Conv2d conv{nullptr};
    torch::nn::BatchNorm2d norm{nullptr};
    torch::nn::Linear dense{nullptr};
    std::vector<Layer> body;
    std::vector<Layer> shortcut;
  };
  struct Features;  // the running shape while building
  std::vector<Layer> build(const std::vector<LayerSpec>& specs, Features& features);
  torch::Tensor apply(const std::vector<Layer>& layers, torch::Tensor x,
                      bool unfolds_norms = false);
  static void unfold_norm(const torch::nn::Conv2d& conv, const torch::nn::BatchNorm2d& norm,
                          const torch::Tensor& input);

  NetworkSpec spec_;
  std::vector<Layer> layers_;
};
TORCH_MODULE(Network);

}  // namespace mien::training
