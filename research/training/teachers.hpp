#pragma once

#include <torch/torch.h>

#include <vector>

#include "training/network.hpp"
#include "training/settings.hpp"

namespace mien::training {

/// Finished networks whose answers a student learns (Hinton et al. 2015), on the very picture that
/// the student sees (Beyer et al. 2022: "a good teacher is patient and consistent").
class Teachers {
 public:
  /// Loads the networks (Pretrained) that `settings.teachers` names, with commas between them; none
  /// where it is empty. Throws Error kInvalidArgument for a teacher whose heads are not the
  /// student's.
  Teachers(const TrainSettings& settings, torch::Device device);

  bool empty() const { return teachers_.empty(); }

  /// [n, classes of all heads] mean of the teachers' probabilities; each head's part of a row sums
  /// to 1. `input` as `augment` gives it, of full size, normalised by `mean` and `std`; each
  /// teacher sees it normalised by its own.
  torch::Tensor answers(const torch::Tensor& input, double mean, double std);

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
