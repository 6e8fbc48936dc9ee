#pragma once

#include <torch/torch.h>

#include <memory>

#include "train/network.hpp"
#include "train/settings.hpp"

namespace mien::train {

/// SGD with Nesterov momentum, or AdamW; biases and norms are not decayed.
std::unique_ptr<torch::optim::Optimizer> make_optimizer(Network& network, const TrainSettings& settings);

/// Learning rate at a moment of the run, in epochs from 0: linear rise, then half a cosine or constant.
double learning_rate_at(const TrainSettings& settings, double epoch);
void set_learning_rate(torch::optim::Optimizer& optimizer, double rate);

/// Exponential moving average of weights and statistics: averaged += (1 - decay) * (network - averaged).
void update_average(Network& averaged, const Network& network, double decay);

}  // namespace mien::train
