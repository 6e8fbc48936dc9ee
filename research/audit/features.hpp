#pragma once

#include <filesystem>

#include "audit/duplicates.hpp"
#include "datasets/dataset.hpp"
#include "datasets/npy.hpp"

namespace mien::audit {

/// What a network makes of a set.
struct NetworkView {
  datasets::FloatTable features;  ///< [samples, width] the input of its last Gemm, rows of length 1
  datasets::FloatTable probabilities;  ///< [samples, 7] of FER2013's classes, in Emotion's order; a
                                       ///< class without an output has 0
};

/// Asks the default head, in f32, through the engine. Throws Error kUnsupported where the network
/// does not end in a Gemm or does not take 48 x 48 pictures, and what reading and compiling a model
/// throw.
NetworkView look_at(const datasets::Dataset& dataset, const std::filesystem::path& model,
                    int threads, const Progress& progress = {});

/// Makes the rows of training pictures NaN: a network that trained on them cannot judge their
/// labels.
void forget_training(datasets::FloatTable& probabilities, const datasets::Dataset& dataset);

}  // namespace mien::audit
