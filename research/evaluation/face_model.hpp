#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/network.hpp"

namespace mien::evaluation {

/// A network that `mien evaluate` measures, ours or somebody else's: gray faces of 48 x 48 pixels
/// in, logits out. Thread safe.
class FaceModel {
 public:
  virtual ~FaceModel() = default;

  virtual const std::vector<std::string>& labels() const = 0;  ///< lower-case names of Emotion
  virtual double temperature() const = 0;   ///< probabilities = softmax(logits / temperature)
  virtual std::string head() const = 0;     ///< the output of the graph that answers
  virtual std::string runtime() const = 0;  ///< what runs it, e.g. "Mien, f32"

  /// `faces` is [n, 48, 48]; the result [n, labels].
  virtual std::vector<float> logits(std::span<const std::uint8_t> faces) const = 0;
};

/// Which of a model's heads answers; a foreign model has but one.
struct HeadWish {
  std::string_view name;    ///< this one, or an error; empty: no wish
  std::string_view taught;  ///< else this one where it is there, else the default
};

/// A model file of Mien's, or an ONNX classifier beside a sidecar: peer.onnx.toml for peer.onnx
/// (foreign_model.hpp). Throws what Classifier::load and load_foreign_model throw; Error
/// kUnsupported where a model of Mien's takes other than 48 x 48 pixels.
std::unique_ptr<FaceModel> load_face_model(const std::filesystem::path& path,
                                           const engine::CompileOptions& options,
                                           const HeadWish& head);

}  // namespace mien::evaluation
