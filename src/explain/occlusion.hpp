#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "explain/heat_map.hpp"
#include "pipeline/classifier.hpp"

namespace mien::explain {

/// How the image is covered; the defaults are a fifth and a sixteenth of its side.
struct OcclusionOptions {
  int patch = 0;  ///< side of the square that covers, in pixels of the network's input; 0: side / 5
  int stride = 0;  ///< from one place to the next; 0: side / 16
};

/// Occlusion sensitivity (Zeiler and Fergus 2014, arXiv:1311.2901): a square of the image's mean
/// gray covers one place after the other, and the network classifies all covered images in batches.
/// A pixel of the map is the mean drop of the probability of `label` over the
/// squares that cover the pixel; negative where covering raises it. `face` is one image of the
/// classifier's size. Throws Error kInvalidArgument for sizes that do not fit.
HeatMap occlusion(const pipeline::Classifier& classifier, std::span<const std::uint8_t> face,
                  std::size_t label, const OcclusionOptions& options = {});

/// The largest drop of the probability: "12 points", "3.4 points", "less than 0.1 points".
std::string cost_text(const HeatMap& occlusion);

}  // namespace mien::explain
