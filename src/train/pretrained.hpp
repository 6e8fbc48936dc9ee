#pragma once

#include <filesystem>

#include "train/network.hpp"

namespace mien::train {

/// Whether the path names a model file (.onnx) rather than a checkpoint.
bool is_model_file(const std::filesystem::path& path);

/// What a finished network is like, from the settings that its file carries: a checkpoint, or a model file that this project's
/// export wrote. Throws what Checkpoint and read_onnx throw, and Error kBadFormat for a model file of another origin.
NetworkSpec pretrained_spec(const std::filesystem::path& path);

/// Fills a network of the same spec with the weights of such a file; of a checkpoint with the averaged ones. In a model file the
/// batch norms are folded into the convolutions: those of the network then pass their input on, but for a bias. In evaluation it
/// answers as the file does; before it is trained on it needs measure_norms. A network with one head may be filled from a file
/// with two: with that of FER2013's classes. Throws Error kBadFormat, also where a weight is missing or has another shape (a
/// quantized file, another network).
void load_pretrained(const std::filesystem::path& path, Network& network);

}  // namespace mien::train
