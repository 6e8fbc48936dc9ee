#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "model/model.hpp"
#include "training/checkpoint.hpp"
#include "training/network.hpp"

namespace mien::training {

/// A finished network to train on or to learn from: a checkpoint, its averaged weights, or a model
/// file (.onnx) that this project's export wrote.
class Pretrained {
 public:
  /// Throws what Checkpoint and read_onnx throw, and Error kBadFormat for a model file that does
  /// not say how it was trained.
  explicit Pretrained(const std::filesystem::path& path);

  const NetworkSpec& spec() const { return spec_; }
  double pixel_mean() const {
    return pixel_mean_;
  }  ///< its input is (gray - mean) / std, gray in 0..255
  double pixel_std() const { return pixel_std_; }

  /// In a model file batch norms are folded into the convolutions before them. A network filled
  /// from it answers as the file does in evaluation, but needs Network::unfold_norms before it is
  /// trained on.
  bool has_folded_norms() const { return model_.has_value(); }

  /// Fills a network of the same layers. Its heads must be the file's; of a model file a network
  /// with one head takes that of FER2013's classes. Throws Error kInvalidArgument for other layers,
  /// kBadFormat where weights are missing (a quantized file).
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
