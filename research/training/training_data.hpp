#pragma once

#include <string>

#include "datasets/dataset.hpp"
#include "training/settings.hpp"

namespace mien::training {

/// A fold of the training images that is left out.
struct Fold {
  int index = 0;  ///< 1 to count
  int count = 0;  ///< 0: no fold is left out
};

/// The fold of an image, 1 to `folds`; depends only on its pixels, so that identical images are in
/// the same fold.
int fold_of(const datasets::Sample& sample, int folds);

/// Reads the data and votes of the settings, applies the edit lists, and drops leaked training
/// images (if set) and the fold.
datasets::Dataset load_training_data(const TrainSettings& settings, const Fold& left_out,
                                     std::string* summary);

}  // namespace mien::training
