#pragma once

#include <torch/torch.h>

#include <memory>
#include <vector>

#include "training/network.hpp"
#include "training/settings.hpp"

namespace mien::training {

/// SGD with Nesterov momentum, or AdamW; no weight decay for biases and batch norms.
std::unique_ptr<torch::optim::Optimizer> make_optimizer(Network& network,
                                                        const TrainSettings& settings);

/// Learning rate at a time of the run, in epochs from 0: linear warm-up, then cosine decay or
/// constant.
double learning_rate_at(const TrainSettings& settings, double epoch);
/// Sets weight decay and momentum after loading an optimizer: LibTorch 2.4 and later load its
/// options, too.
void set_options(torch::optim::Optimizer& optimizer, const TrainSettings& settings);
void set_learning_rate(torch::optim::Optimizer& optimizer, double rate);

/// The perturbation of sharpness-aware minimization (Foret et al. 2021, arXiv:2010.01412): moves
/// the weights by `radius` along their gradient; the destructor moves them back.
class SamPerturbation {
 public:
  SamPerturbation(Network& network, double radius);
  ~SamPerturbation();
  SamPerturbation(const SamPerturbation&) = delete;
  SamPerturbation& operator=(const SamPerturbation&) = delete;

 private:
  std::vector<torch::Tensor> weights_, before_;
};

/// Exponential moving average (EMA) of weights and batch-norm statistics: averaged += (1 - decay) *
/// (network - averaged).
void update_average(Network& averaged, const Network& network, double decay);

}  // namespace mien::training
