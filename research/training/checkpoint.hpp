#pragma once

#include <torch/torch.h>

#include <filesystem>
#include <vector>

#include "training/history.hpp"
#include "training/network.hpp"
#include "training/safetensors.hpp"
#include "training/settings.hpp"

namespace mien::training {

/// State of a run after a complete epoch, except its tensors.
struct RunState {
  TrainSettings settings;
  int epoch = 0;  ///< completed epochs
  double best_score = -1;
  double pixel_mean = 0;  ///< of the training images, gray 0..255
  double pixel_std = 1;
  std::string data_hash;  ///< dataset_hash of the training data
  std::string data_summary;
  History history;
};

/// Writes network, averaged network and, if given, the optimizer atomically to one safetensors
/// file. Checkpoints contain no code.
void save_checkpoint(const std::filesystem::path& path, const RunState& state,
                     const Network& network, const Network& averaged,
                     torch::optim::Optimizer* optimizer);

/// An open checkpoint. Throws Error kNotFound or kBadFormat naming the file; kUnsupported for the
/// LibTorch archives of Mien 0.1, which can contain code.
class Checkpoint {
 public:
  explicit Checkpoint(const std::filesystem::path& path);
  const RunState& state() const { return state_; }
  /// Fills the tensors of a network with the same spec, on the network's device.
  void load_network(Network& network) const { load(network, "network"); }
  void load_averaged(Network& network) const { load(network, "averaged"); }
  /// Throws Error kBadFormat if the file has no state for this optimizer (a best checkpoint).
  void load_optimizer(torch::optim::Optimizer& optimizer) const;

 private:
  void load(Network& network, const std::string& prefix) const;
  /// A copy of the tensor; undefined if it is missing.
  torch::Tensor read(const std::string& name) const;
  std::filesystem::path path_;
  std::vector<std::byte> bytes_;
  SafeTensors content_;  // views of bytes_
  RunState state_;
};

}  // namespace mien::training
