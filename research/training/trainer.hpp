#pragma once

#include <filesystem>
#include <string>

#include "mien/error.hpp"
#include "training/checkpoint.hpp"
#include "training/training_data.hpp"

namespace mien::training {

/// Receives progress, on the training thread; with several workers, only in worker 0 (should_stop
/// in all).
class TrainObserver {
 public:
  virtual ~TrainObserver() = default;
  virtual void on_start(const RunState& state, const std::string& device) = 0;
  virtual void on_batch(int epoch, int done, int total, double loss) = 0;
  virtual void on_epoch(const EpochRecord& record, const std::string& note) = 0;
  virtual bool should_stop() = 0;
};

/// The loss became infinite or NaN. The code is kUnsupported: the settings are valid, but this
/// network cannot be trained with them.
class Diverged : public Error {
 public:
  using Error::Error;
};

struct TrainRun {
  TrainSettings settings;
  Fold left_out;
  std::filesystem::path out;  ///< folder of last.ckpt, best.ckpt, history.csv, curves.svg;
                              ///< start.ckpt with settings.from
  int stop_after = 0;         ///< return after this epoch of the run; 0: after the last
};

/// Trains a network, or resumes from out/last.ckpt. On a CPU, the same settings, data and thread
/// count give the same files, interrupted or not, because random numbers depend only on seed, epoch
/// and step. Several workers (workers.hpp) share each step; worker 0 writes the files. Throws
/// Diverged; Error kIo if a worker is lost; kInterrupted if the observer asks to stop. last.ckpt
/// then has the last complete epoch.
enum class Start { kFresh, kResume };
RunState train(const TrainRun& run, Start start, TrainObserver& observer);

}  // namespace mien::training
