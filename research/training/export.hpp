#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "model/model.hpp"
#include "training/checkpoint.hpp"
#include "training/network.hpp"

namespace mien::training {

/// The network as an ONNX graph (opset 13): input "input" [N, 1, 48, 48], an output [N, classes]
/// for each head. Dropout is left out; a batch norm that follows a convolution directly is folded
/// into it.
model::Model to_onnx(const Network& network);

/// The averaged network of a checkpoint, and where it stands. Of several checkpoints the mean of
/// their weights (Wortsman et al., "Model soups", 2022): they must be of one network and the same
/// data, and only where one was trained on from another, or from a common start, is the mean as
/// good as they are.
struct MeanNetwork {
  Network network;
  RunState state;       ///< of the last checkpoint
  std::string mean_of;  ///< epochs and seeds of all; empty for one checkpoint
};

/// Throws what Checkpoint throws, and Error kInvalidArgument for checkpoints that do not go
/// together.
MeanNetwork mean_of_checkpoints(const std::vector<std::filesystem::path>& paths);

/// The same as a model file: the graph, and metadata for prediction and provenance. `extra` adds to
/// or replaces metadata (a temperature, a crop geometry). `head` is the head that answers where
/// none is asked for; empty: the first. Throws what
/// mean_of_checkpoints throws.
model::Model export_checkpoints(const std::vector<std::filesystem::path>& paths,
                                const std::map<std::string, std::string>& extra,
                                const std::string& head = {});

}  // namespace mien::training
