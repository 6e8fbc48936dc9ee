#pragma once

#include <filesystem>
#include <string>

#include "datasets/dataset.hpp"
#include "mien/error.hpp"
#include "training/checkpoint.hpp"

namespace mien::training {

/// What a trainer tells of its progress; called on the training thread, of several workers' only in
/// the first (should_stop in all).
class TrainObserver {
 public:
  virtual ~TrainObserver() = default;
  virtual void on_start(const RunState& state, const std::string& device) = 0;
  virtual void on_batch(int epoch, int done, int total, double loss) = 0;
  virtual void on_epoch(const EpochRecord& record, const std::string& note) = 0;
  virtual bool should_stop() = 0;
};

/// The loss is no longer finite: these settings cannot be trained. Its code is kInvalidArgument.
class Diverged : public Error {
 public:
  using Error::Error;
};

/// A part of the training pictures that is not trained on.
struct Fold {
  int index = 0;  ///< 1 to count
  int count = 0;  ///< 0: nothing is left out
};

/// The fold of a picture, 1 to `folds`: by its pixels alone, so that equal pictures are in the same
/// one.
int fold_of(const datasets::Sample& sample, int folds);

struct TrainRun {
  TrainSettings settings;
  Fold left_out;
  std::filesystem::path out;  ///< folder for last.ckpt, best.ckpt, history.csv, curves.svg;
                              ///< start.ckpt where the run begins from weights
  int stop_after =
      0;  ///< end this call after so many epochs of the run (a slice of a long run); 0: at its end
};

/// Trains from the start, or goes on from out/last.ckpt where `resume` says so. The same settings,
/// data and thread count give the same files on a CPU, interrupted or not: order and augmentation
/// are drawn anew from seed, epoch and step. Where the environment says that this is one of several
/// workers (workers.hpp), they share each step; worker 0 writes the files. Throws Diverged, Error
/// kIo when another worker is gone and kInterrupted when the observer asks to stop: the last whole
/// epoch is in last.ckpt.
enum class Start { kFresh, kResume };
RunState train(const TrainRun& run, Start start, TrainObserver& observer);

/// Reads the data that the settings name, with their votes; corrected by their lists, training
/// pictures that leak dropped where asked, without the fold.
datasets::Dataset load_training_data(const TrainSettings& settings, const Fold& left_out,
                                     std::string* summary);

}  // namespace mien::training
