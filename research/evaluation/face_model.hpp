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

/// A classifier to evaluate, Mien's or another project's: gray faces of 48 x 48 pixels in, logits
/// out. Thread safe.
class FaceModel {
 public:
  virtual ~FaceModel() = default;

  virtual const std::vector<std::string>& labels() const = 0;  ///< names of Emotion
  virtual double temperature() const = 0;   ///< probabilities = softmax(logits / temperature)
  virtual std::string head() const = 0;     ///< name of the output
  virtual std::string runtime() const = 0;  ///< such as "Mien, f32"

  /// `faces` is [n, 48, 48]; the result [n, labels].
  virtual std::vector<float> logits(std::span<const std::uint8_t> faces) const = 0;
};

/// Which head to use; a foreign model has only one.
struct HeadRequest {
  std::string_view name;       ///< this head, or an error; empty: not requested
  std::string_view preferred;  ///< otherwise this head if the model has it, else the default
};

/// Loads a Mien model, or a foreign ONNX classifier if there is a sidecar: peer.onnx.toml for
/// peer.onnx (foreign_model.hpp). Throws what Classifier::load and load_foreign_model throw, and
/// Error kUnsupported for a Mien model whose input is not 48 x 48 pixels.
std::unique_ptr<FaceModel> load_face_model(const std::filesystem::path& path,
                                           const engine::CompileOptions& options,
                                           const HeadRequest& head);

}  // namespace mien::evaluation
