#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "model/model.hpp"
#include "training/checkpoint.hpp"
#include "training/network.hpp"

namespace mien::training {

/// The network as an ONNX graph (opset 13): input "input" [N, 1, 48, 48], and one output [N,
/// classes] per head. Omits dropout; folds a batch norm into the convolution directly before it.
model::Model to_onnx(const Network& network);

/// The averaged weights of a checkpoint with its state; for several checkpoints, the mean of their
/// weights (Wortsman et al., "Model soups", 2022). They must have the same network and data. The
/// mean works only if they share a start or one was trained from another.
struct MeanNetwork {
  Network network;
  RunState state;       ///< of the last checkpoint
  std::string mean_of;  ///< epochs and seeds; empty for one checkpoint
};

/// Throws what Checkpoint throws, and Error kInvalidArgument for checkpoints of different networks
/// or data.
MeanNetwork mean_of_checkpoints(const std::vector<std::filesystem::path>& paths);

/// The model file: graph, and metadata for prediction and provenance. `extra` adds or replaces
/// metadata (such as a temperature or crop geometry). `head` is the default head; empty: the first.
/// Throws what mean_of_checkpoints throws.
model::Model export_checkpoints(const std::vector<std::filesystem::path>& paths,
                                const std::map<std::string, std::string>& extra,
                                const std::string& head = {});

}  // namespace mien::training
