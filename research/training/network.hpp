#pragma once

#include <torch/torch.h>

#include <vector>

#include "training/network_spec.hpp"

namespace mien::training {

/// A LibTorch module made from a NetworkSpec. Convolution and dense weights start as He et al. 2015
/// (fan in, ReLU).
class NetworkImpl : public torch::nn::Module {
 public:
  explicit NetworkImpl(NetworkSpec spec);

  /// [N, 1, 48, 48] normalised gray to [N, classes] logits.
  torch::Tensor forward(torch::Tensor input);

  /// Undoes the folding of batch norms into the convolutions before them, for a network in
  /// evaluation: sets their statistics from `input`, and scales convolution and norm so that the
  /// network answers as before.
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
