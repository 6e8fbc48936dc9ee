#pragma once

#include "datasets/npy.hpp"
#include "training/trainer.hpp"

namespace mien::training {

/// Trains `folds` networks, each without another part of the training pictures, in run.out/fold-1
/// and so on, and asks each for the probabilities of the pictures it has not seen: the out-of-fold
/// predictions that confident learning needs. A fold that is done already, or in parts, is gone on
/// with where `start` is kResume.
///
/// The result is [pictures of the data, 7], in the order of run.settings.data's rows: a training
/// picture's row is that of the network without it; pictures that no network trained on (both test
/// splits, and what settings leave out) get the mean of all. Throws as train does.
datasets::FloatTable cross_validate(const TrainRun& run, int folds, Start start,
                                    TrainObserver& observer);

}  // namespace mien::training
