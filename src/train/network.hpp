#pragma once

#include <torch/torch.h>

#include <vector>

#include "train/network_spec.hpp"

namespace mien::train {

/// A LibTorch module made from a NetworkSpec. Convolution and dense weights start as He et al. 2015 (fan in, ReLU).
class NetworkImpl : public torch::nn::Module {
 public:
  explicit NetworkImpl(NetworkSpec spec);

  /// [N, 1, 48, 48] normalised gray to [N, classes] logits.
  torch::Tensor forward(torch::Tensor input);

  /// Gives each batch norm that follows a convolution the mean and variance that `input` has there, the convolution's output a
  /// variance of 1, and the batch norm the gain and bias that undo both: the network, in evaluation, answers as before. For
  /// weights into which batch norms were folded.
  void measure_norms(torch::Tensor input);

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
  torch::Tensor apply(const std::vector<Layer>& layers, torch::Tensor x);
  static void measure_norm(const torch::nn::Conv2d& conv, const torch::nn::BatchNorm2d& norm, const torch::Tensor& x);

  NetworkSpec spec_;
  std::vector<Layer> layers_;
  bool measures_norms_ = false;
};
TORCH_MODULE(Network);

}  // namespace mien::train
