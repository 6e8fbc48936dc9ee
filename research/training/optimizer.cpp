#include "training/optimizer.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace mien::training {

double learning_rate_at(const TrainSettings& s, double epoch) {
  if (epoch < s.warmup) return s.learning_rate * std::max(epoch / s.warmup, 0.01);
  if (s.schedule == "constant") return s.learning_rate;
  const double progress = (epoch - s.warmup) / std::max(s.epochs - s.warmup, 1e-9);
  return s.learning_rate * 0.5 * (1 + std::cos(std::numbers::pi * std::min(progress, 1.0)));
}

std::unique_ptr<torch::optim::Optimizer> make_optimizer(Network& network, const TrainSettings& s) {
  std::vector<torch::Tensor> decayed, plain;
  for (const torch::Tensor& parameter : network->parameters())
    (parameter.dim() > 1 ? decayed : plain).push_back(parameter);
  const auto build = [&]<class Optimizer, class Options>(
                         Options options) -> std::unique_ptr<torch::optim::Optimizer> {
    Options no_decay = options;
    no_decay.weight_decay(0);
    std::vector<torch::optim::OptimizerParamGroup> groups;
    groups.emplace_back(decayed, std::make_unique<Options>(options));
    groups.emplace_back(plain, std::make_unique<Options>(no_decay));
    return std::make_unique<Optimizer>(groups, options);
  };
  if (s.optimizer == "adamw") {
    return build.operator()<torch::optim::AdamW>(
        torch::optim::AdamWOptions(s.learning_rate).weight_decay(s.weight_decay));
  }
  return build.operator()<torch::optim::SGD>(torch::optim::SGDOptions(s.learning_rate)
                                                 .momentum(s.momentum)
                                                 .nesterov(s.momentum > 0)
                                                 .weight_decay(s.weight_decay));
}

void set_options(torch::optim::Optimizer& optimizer, const TrainSettings& s) {
  for (std::size_t i = 0; i < optimizer.param_groups().size(); ++i) {
    torch::optim::OptimizerOptions& options = optimizer.param_groups()[i].options();
    const double decay = i == 0 ? s.weight_decay : 0;  // the second group is not decayed
    if (auto* sgd = dynamic_cast<torch::optim::SGDOptions*>(&options))
      sgd->weight_decay(decay).momentum(s.momentum).nesterov(s.momentum > 0);
    else if (auto* adamw = dynamic_cast<torch::optim::AdamWOptions*>(&options))
      adamw->weight_decay(decay);
  }
}

void set_learning_rate(torch::optim::Optimizer& optimizer, double rate) {
  for (torch::optim::OptimizerParamGroup& group : optimizer.param_groups())
    group.options().set_lr(rate);
}

SamPerturbation::SamPerturbation(Network& network, double radius) {
  torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> norms;
  for (const torch::Tensor& parameter : network->parameters()) {
    if (!parameter.grad().defined()) continue;
    weights_.push_back(parameter);
    norms.push_back(parameter.grad().norm());
  }
  if (norms.empty()) return;
  const torch::Tensor step = radius / (torch::stack(norms).norm() + 1e-12);
  for (torch::Tensor& weight : weights_) {
    before_.push_back(weight.clone());
    weight.add_(weight.grad() * step);
  }
}

SamPerturbation::~SamPerturbation() {
  torch::NoGradGuard no_grad;
  for (std::size_t i = 0; i < weights_.size(); ++i) weights_[i].copy_(before_[i]);
}

void update_average(Network& averaged, const Network& network, double decay) {
  torch::NoGradGuard no_grad;
  const auto blend = [decay](torch::Tensor into, const torch::Tensor& from) {
    if (into.is_floating_point())
      into.lerp_(from, 1 - decay);
    else
      into.copy_(from);
  };
  const auto parameters = network->parameters(), buffers = network->buffers();
  auto into_parameters = averaged->parameters(), into_buffers = averaged->buffers();
  for (std::size_t i = 0; i < parameters.size(); ++i) blend(into_parameters[i], parameters[i]);
  for (std::size_t i = 0; i < buffers.size(); ++i) blend(into_buffers[i], buffers[i]);
}

}  // namespace mien::training
