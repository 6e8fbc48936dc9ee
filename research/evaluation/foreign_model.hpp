#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "evaluation/face_model.hpp"

namespace mien::evaluation {

/// The sidecar of a foreign ONNX classifier: a TOML file that describes its input and outputs
/// (docs/evaluation.md).
struct ForeignModelInfo {
  std::string labels;  ///< of the outputs in order, comma-separated; "-" for an output to ignore
  int size = 0;        ///< side of the square input in pixels
  std::string channels =
      "gray";  ///< gray, rgb or bgr (three equal channels; the order matters for mean and std)
  std::string layout = "nchw";      ///< nchw or nhwc
  std::string resize = "bilinear";  ///< bilinear or nearest
  double range = 255;               ///< value of a white pixel before mean and std
  std::string mean = "0";  ///< input = (pixel - mean) / std; one number, or one per channel
  std::string std = "1";
  std::string output;             ///< name; empty: the first output
  std::string scores = "logits";  ///< logits or probabilities

  /// Throws Error kInvalidArgument or kBadFormat naming the file and the field.
  static ForeignModelInfo read(const std::filesystem::path& sidecar);
};

/// Runs the graph in Mien's engine, or in ONNX Runtime in an isolated Python process (MIEN_PYTHON,
/// default python3) if the engine does not support it. FaceModel::runtime says which, and why.
/// Throws Error naming the file: kNotFound, kBadFormat, kInvalidArgument, or kUnsupported if
/// neither can run it.
std::unique_ptr<FaceModel> load_foreign_model(const std::filesystem::path& path,
                                              const std::filesystem::path& sidecar,
                                              const engine::CompileOptions& options);

}  // namespace mien::evaluation
