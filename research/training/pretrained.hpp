#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "model/model.hpp"
#include "training/checkpoint.hpp"
#include "training/network.hpp"

namespace mien::training {

/// A trained network to start from or distill from: a checkpoint (its averaged weights) or a model
/// file (.onnx) written by export.
class Pretrained {
 public:
  /// Throws what Checkpoint and read_onnx throw, and Error kBadFormat for a model file without
  /// training settings.
  explicit Pretrained(const std::filesystem::path& path);

  const NetworkSpec& spec() const { return spec_; }
  double pixel_mean() const {
    return pixel_mean_;
  }  ///< input = (gray - mean) / std, gray in 0..255
  double pixel_std() const { return pixel_std_; }

  /// Whether batch norms are folded into the convolutions before them, as in a model file. A filled
  /// network then needs Network::unfold_norms before training.
  bool has_folded_norms() const { return model_.has_value(); }

  /// Fills a network with the same layers and heads; a network with one head takes the FER2013 head
  /// of a model file. Throws Error kInvalidArgument for different layers, kBadFormat for missing
  /// weights (a quantized file).
  void fill(Network& network);

 private:
  std::string file_;
  std::unique_ptr<Checkpoint> checkpoint_;  // this
  std::optional<model::Model> model_;       // or this
  NetworkSpec spec_;
  double pixel_mean_ = 0;
  double pixel_std_ = 1;
};

}  // namespace mien::training
