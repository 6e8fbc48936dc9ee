#pragma once

#include <map>
#include <string>

#include "model/model.hpp"
#include "train/checkpoint.hpp"
#include "train/network.hpp"

namespace mien::train {

/// The network as an ONNX graph (opset 13): input "input" [N, 1, 48, 48], an output [N, classes] for each head. Dropout is left
/// out; a batch norm that follows a convolution directly is folded into it.
model::Model to_onnx(const Network& network);

/// The averaged network of a checkpoint as a model file: the graph, and metadata for prediction and provenance.
/// `extra` adds to or replaces metadata (a temperature, a crop geometry). `head` is the head that answers where none is asked
/// for; empty: the first.
model::Model export_checkpoint(const std::filesystem::path& path, const std::map<std::string, std::string>& extra,
                               const std::string& head = {});

}  // namespace mien::train
