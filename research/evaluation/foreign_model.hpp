#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "evaluation/face_model.hpp"

namespace mien::evaluation {

/// What an ONNX classifier of somebody else's does not say of itself: the sidecar, a TOML file
/// (docs/evaluation.md).
struct ForeignModelInfo {
  std::string labels;  ///< of the outputs in order, separated by commas; "-" for an output that is
                       ///< no emotion
  int size = 0;        ///< side of the square input in pixels
  std::string channels =
      "gray";  ///< gray, rgb or bgr (three equal channels, in the order of mean and std)
  std::string layout = "nchw";      ///< nchw or nhwc
  std::string resize = "bilinear";  ///< bilinear or nearest: how 48 pixels become `size`
  double range = 255;               ///< a white pixel, before mean and std
  std::string mean = "0";           ///< input = (pixel - mean) / std; one number, or one a channel
  std::string std = "1";
  std::string output;             ///< of the graph, by name; empty: the first
  std::string scores = "logits";  ///< logits or probabilities: what the output gives

  /// Throws Error kInvalidArgument or kBadFormat naming the file and the field.
  static ForeignModelInfo read(const std::filesystem::path& sidecar);
};

/// Runs in our engine, or, where the graph has what the engine has not, in ONNX Runtime as a Python
/// process (MIEN_PYTHON, else python3): it is a peer's own environment more often than not, and
/// nothing is linked for it. `runtime` says which and why. Throws Error naming the file: kNotFound,
/// kBadFormat, kInvalidArgument, or kUnsupported where neither can run it.
std::unique_ptr<FaceModel> load_foreign_model(const std::filesystem::path& path,
                                              const std::filesystem::path& sidecar,
                                              const engine::CompileOptions& options);

}  // namespace mien::evaluation
