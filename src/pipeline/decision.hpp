#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "mien/analyzer.hpp"

namespace mien::pipeline {

/// Sets emotion, confidence and uncertain from the face's probabilities and the label chosen, an
/// index of `labels`: the one rule for photos, video and baselines.
void set_label(Face& face, std::span<const std::string> labels, std::size_t label,
               double min_confidence);
/// The same for the most probable label.
void set_most_probable_label(Face& face, std::span<const std::string> labels,
                             double min_confidence);

/// Throws Error kInvalidArgument unless it is between 0 and 1.
void check_min_confidence(double min_confidence);

}  // namespace mien::pipeline
