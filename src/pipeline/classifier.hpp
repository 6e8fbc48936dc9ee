#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/network.hpp"
#include "model/heads.hpp"

namespace mien::pipeline {

/// "auto", "f32", "bf16" or "int8"; throws Error kInvalidArgument for other words.
engine::Precision precision_from_string(std::string_view name);

/// Where the int8 copy of a model file is: "mien-int8.onnx" beside "mien.onnx".
std::filesystem::path int8_copy(const std::filesystem::path& model);

/// The file of an emotion network (see locate_model, whose errors it throws). For kInt8 it is the
/// int8 copy beside it, if there is one. A name means the same file on every machine.
std::filesystem::path locate_classifier(const std::filesystem::path& name,
                                        engine::Precision precision);

/// A model file as read: its network, and what identifies it.
struct ModelFile {
  model::Model model;
  std::string hash;  ///< of the bytes (base::content_hash), 16 hexadecimal digits
};
/// Throws what base::read_file and model::read_onnx throw.
ModelFile read_model_file(const std::filesystem::path& path);

/// Which output of a network with several heads is wanted.
struct HeadRequest {
  std::string name;                  ///< an output of the graph; empty: `preferred`
  std::vector<std::string> without;  ///< labels to leave out; the others' probabilities sum to 1
  std::string preferred = {};  ///< used if `name` is empty and the network has it; else the default
};

/// An emotion network with its preprocessing: gray bytes in, logits or probabilities out. Thread
/// safe.
class Classifier {
 public:
  /// Throws what model::load_head and Network::compile throw, naming the file.
  static Classifier load(const std::filesystem::path& path, const engine::CompileOptions& options,
                         const HeadRequest& head = {});
  /// The same for a model that was read already; `name` is used in messages.
  static Classifier make(model::Model model, const std::string& name,
                         const engine::CompileOptions& options, const HeadRequest& head = {});
  /// The same for a selected head; messages do not name the file.
  static Classifier compile(const model::SelectedHead& head, const engine::CompileOptions& options,
                            const std::vector<std::string>& without = {});

  /// Labels and temperature are those of the head.
  const model::ClassifierInfo& info() const { return info_; }
  const engine::Network& network() const { return network_; }
  /// The head's name: the network's output.
  const std::string& head() const { return network_.output_names().front(); }
  int classes() const { return static_cast<int>(info_.labels.size()); }
  /// Bytes of one face: input_size * input_size.
  std::size_t face_bytes() const {
    return static_cast<std::size_t>(info_.input_size) * static_cast<std::size_t>(info_.input_size);
  }

  /// `faces` is [n, input_size, input_size] gray; the result [n, classes]. Throws Error
  /// kInvalidArgument for bytes that are not whole faces.
  std::vector<float> logits(std::span<const std::uint8_t> faces) const;
  /// The network's input for the faces: (gray - mean) / std.
  std::vector<float> normalized(std::span<const std::uint8_t> faces) const;
  /// softmax(logits / temperature), [n, classes].
  std::vector<float> probabilities(std::span<const std::uint8_t> faces) const;

 private:
  Classifier(model::ClassifierInfo info, engine::Network network,
             const std::vector<std::string>& without);
  model::ClassifierInfo info_;
  engine::Network network_;
  std::vector<std::size_t> columns_;  // of the network's output, by label
  std::size_t width_;                 // of the network's output
};

}  // namespace mien::pipeline
