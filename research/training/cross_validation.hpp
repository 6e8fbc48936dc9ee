#pragma once

#include "datasets/npy.hpp"
#include "training/trainer.hpp"

namespace mien::training {

/// Trains `folds` networks in run.out/fold-1 and so on, each without one fold of the training
/// images, and returns out-of-fold probabilities, as confident learning needs them. With kResume,
/// existing folds are continued.
///
/// The result is [images of the data, 7], in the row order of run.settings.data. A training image's
/// row is from the network that was trained without it; other images (test splits, dropped rows)
/// have the mean of all networks. Throws as train does.
datasets::FloatTable cross_validate(const TrainRun& run, int folds, Start start,
                                    TrainObserver& observer);

}  // namespace mien::training
