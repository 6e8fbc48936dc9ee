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

/// Where the eight-bit copy of a model file lies: "mien-int8.onnx" beside "mien.onnx".
std::filesystem::path eight_bit_copy(const std::filesystem::path& model);

/// The file of an emotion network (see locate_model, whose errors it throws): the eight-bit copy
/// beside it, where there is one, for kInt8, and for kAuto on a CPU that has_fast_int8 where no
/// name is given.
std::filesystem::path locate_classifier(const std::filesystem::path& name,
                                        engine::Precision precision);

/// Which answer is wanted of a network that has several.
struct HeadChoice {
  std::string name;  ///< an output of the graph; empty: `preferred`
  std::vector<std::string>
      without;  ///< labels that are left out, the others' probabilities scaled to sum 1
  std::string preferred = {};  ///< used if `name` is empty and the network has it; else the default
};

/// An emotion network with what it needs around it: gray bytes in, logits or probabilities out.
/// Thread safe.
class Classifier {
 public:
  /// Throws what model::load_head and Network::compile throw.
  static Classifier load(const std::filesystem::path& path, const engine::CompileOptions& options,
                         const HeadChoice& head = {});
  /// The same for a network that was read before; messages do not name the file.
  static Classifier compile(const model::SelectedHead& head, const engine::CompileOptions& options,
                            const std::vector<std::string>& without = {});

  /// Labels and temperature are those of the head.
  const model::ClassifierInfo& info() const { return info_; }
  const engine::Network& network() const { return network_; }
  int classes() const { return static_cast<int>(info_.labels.size()); }
  /// Bytes of one face: input_size * input_size.
  std::size_t face_bytes() const {
    return static_cast<std::size_t>(info_.input_size) * static_cast<std::size_t>(info_.input_size);
  }

  /// `faces` is [n, input_size, input_size] gray; the result [n, classes].
  std::vector<float> logits(std::span<const std::uint8_t> faces) const;
  /// What the network takes for the faces: (gray - mean) / std.
  std::vector<float> normalised(std::span<const std::uint8_t> faces) const;
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
