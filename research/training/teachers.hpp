#pragma once

#include <torch/torch.h>

#include <vector>

#include "training/network.hpp"
#include "training/settings.hpp"

namespace mien::training {

/// Trained networks for distillation (Hinton et al. 2015). They see the same augmented images as
/// the student (Beyer et al. 2022).
class Teachers {
 public:
  /// Loads the networks of `settings.teachers` (Pretrained). Throws Error kInvalidArgument if the
  /// heads of a teacher differ from the student's.
  Teachers(const TrainSettings& settings, torch::Device device);

  bool empty() const { return teachers_.empty(); }

  /// [n, classes of all heads] mean of the teachers' probabilities; each head's part of a row sums
  /// to 1. `input` is from `augment`, full size, normalized by `mean` and `std`; it is renormalized
  /// for each teacher.
  torch::Tensor predict(const torch::Tensor& input, double mean, double std);

 private:
  struct Teacher {
    Network network;
    double mean;
    double std;
  };
  std::vector<Teacher> teachers_;
  torch::Device device_;
  bool is_bf16_;
};

}  // namespace mien::training
