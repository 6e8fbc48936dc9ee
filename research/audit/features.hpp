#pragma once

#include <filesystem>

#include "audit/duplicates.hpp"
#include "datasets/dataset.hpp"
#include "datasets/npy.hpp"

namespace mien::audit {

/// Features and predictions of a network for a data set.
struct NetworkView {
  datasets::FloatTable features;  ///< [samples, width] input of the last Gemm, rows of length 1
  datasets::FloatTable
      probabilities;  ///< [samples, 7] in Emotion's order; 0 for classes without an output
};

/// Runs the default head in f32. Throws Error kUnsupported unless the network ends in a Gemm and
/// takes 48 x 48 images, and what reading and compiling a model throw.
NetworkView analyze_dataset(const datasets::Dataset& dataset, const std::filesystem::path& model,
                            int threads, const Progress& progress = {});

/// Sets the rows of training images to NaN: a network cannot judge labels that it was trained on.
void mask_training(datasets::FloatTable& probabilities, const datasets::Dataset& dataset);

}  // namespace mien::audit
