#pragma once

#include <torch/torch.h>

#include <vector>

#include "train/network.hpp"
#include "train/settings.hpp"

namespace mien::train {

/// Finished networks whose answers a student learns (Hinton et al. 2015), on the very picture that the student sees (Beyer et
/// al. 2022: "a good teacher is patient and consistent").
class Teachers {
 public:
  /// Loads the averaged weights of the checkpoints, or the model files, that `settings.teachers` names, with commas between them; none where it is
  /// empty. Throws Error kInvalidArgument for a teacher whose heads are not the student's.
  Teachers(const TrainSettings& settings, torch::Device device);

  bool empty() const { return networks_.empty(); }

  /// [n, classes of all heads] mean of the teachers' probabilities; each head's part of a row sums to 1. `input` as `augment`
  /// gives it, of full size.
  torch::Tensor answers(const torch::Tensor& input);

 private:
  std::vector<Network> networks_;
  torch::Device device_;
  bool is_bf16_;
};

}  // namespace mien::train
