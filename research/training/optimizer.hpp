#pragma once

#include <torch/torch.h>

#include <memory>
#include <vector>

#include "training/network.hpp"
#include "training/settings.hpp"

namespace mien::training {

/// SGD with Nesterov momentum, or AdamW; biases and norms are not decayed.
std::unique_ptr<torch::optim::Optimizer> make_optimizer(Network& network,
                                                        const TrainSettings& settings);

/// Learning rate at a moment of the run, in epochs from 0: linear rise, then half a cosine or
/// constant.
double learning_rate_at(const TrainSettings& settings, double epoch);
/// Weight decay and momentum of the settings, for an optimizer that was loaded: LibTorch since 2.4
/// loads its options, too.
void set_options(torch::optim::Optimizer& optimizer, const TrainSettings& settings);
void set_learning_rate(torch::optim::Optimizer& optimizer, double rate);

/// Moves the network's weights by `radius` along their gradient, to the worst point near by as far
/// as a straight line tells, and back when destroyed: sharpness-aware minimization (Foret et al.
/// 2021, arXiv:2010.01412) steps from here with the gradient found there.
class Ascent {
 public:
  Ascent(Network& network, double radius);
  ~Ascent();
  Ascent(const Ascent&) = delete;
  Ascent& operator=(const Ascent&) = delete;

 private:
  std::vector<torch::Tensor> weights_, before_;
};

/// Exponential moving average of weights and statistics: averaged += (1 - decay) * (network -
/// averaged).
void update_average(Network& averaged, const Network& network, double decay);

}  // namespace mien::training
