#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "explain/grad_cam.hpp"
#include "explain/heat_map.hpp"
#include "mien/analyzer.hpp"
#include "pipeline/classifier.hpp"
#include "vision/decode.hpp"

namespace mien::explain {

enum class Methods { kGradCam, kOcclusion, kBoth };
/// "grad-cam", "occlusion" or "both"; throws Error kInvalidArgument for other words.
Methods methods_from_string(std::string_view name);

/// Which parts of a face raise the probability of a label.
struct Explanation {
  std::size_t label = 0;             ///< an output of the network
  float probability = 0;             ///< of the label, in f32 arithmetic
  std::optional<HeatMap> grad_cam;   ///< [activations' side]; 0 or more, in logits
  std::optional<HeatMap> occlusion;  ///< [input's side]; drop of the probability where a square
                                     ///< covers the pixel
};

/// An emotion network that explains its predictions, always in f32. Thread safe.
class Explainer {
 public:
  /// The model file as Analyzer::load finds it; `threads` for one call, 0: one per core; `head` as
  /// in AnalyzerOptions. Throws what Classifier::load and GradCam throw.
  static Explainer load(const std::filesystem::path& model, int threads,
                        const std::string& head = {});

  const std::vector<std::string>& labels() const { return classifier_.info().labels; }
  /// Whose activations Grad-CAM weighs.
  const std::string& layer() const { return grad_cam_.layer(); }

  /// The crop of a face found by the detector with this name, in pixels of the original photo; the
  /// result is `side` pixels wide, 0: the network's input size. A face without area is the whole
  /// photo, already cropped.
  Image crop(const vision::ScaledImage& photo, const Face& face, std::string_view detector,
             int side = 0) const;

  /// `crop` is gray and of the network's size. Throws Error kInvalidArgument where it is not, or
  /// there is no such label.
  Explanation explain(const Image& crop, std::size_t label, Methods methods) const;

 private:
  Explainer(pipeline::Classifier classifier, GradCam grad_cam)
      : classifier_(std::move(classifier)), grad_cam_(std::move(grad_cam)) {}
  pipeline::Classifier classifier_;
  GradCam grad_cam_;
};

/// The maps over the enlarged crop, side by side, each with its legend, below the label and its
/// probability; RGB. `crop` is square, of any size.
Image draw(const Explanation& explanation, const std::string& label, const ImageView& crop);

}  // namespace mien::explain
