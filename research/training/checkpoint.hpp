#pragma once

#include <torch/torch.h>

#include <filesystem>
#include <functional>

#include "training/history.hpp"
#include "training/network.hpp"
#include "training/settings.hpp"

namespace mien::training {

/// Where a run stands after a whole epoch, beside its tensors.
struct RunState {
  TrainSettings settings;
  int epoch = 0;  ///< epochs done
  double best_score = -1;
  double pixel_mean = 0;  ///< of the training images, gray 0..255
  double pixel_std = 1;
  std::string data_hash;  ///< dataset_hash of what was trained on
  std::string data_summary;
  History history;
};

/// Writes network, averaged network and, where given, the optimizer to one file (a LibTorch
/// archive), atomically.
void save_checkpoint(const std::filesystem::path& path, const RunState& state,
                     const Network& network, const Network& averaged,
                     const torch::optim::Optimizer* optimizer);

/// A checkpoint that is open for reading. Throws Error kNotFound or kBadFormat naming the file.
class Checkpoint {
 public:
  /// The tensors come to `device`, whichever they were trained on.
  explicit Checkpoint(const std::filesystem::path& path, torch::Device device = torch::kCPU);
  const RunState& state() const { return state_; }
  /// Fills the tensors of a network of the same spec.
  void load_network(Network& network);
  void load_averaged(Network& network);
  /// Throws Error kBadFormat where the file holds none (a best checkpoint).
  void load_optimizer(torch::optim::Optimizer& optimizer);

 private:
  void load(const char* key, const std::function<void(torch::serialize::InputArchive&)>& into);
  std::filesystem::path path_;
  torch::serialize::InputArchive archive_;
  RunState state_;
};

}  // namespace mien::training
