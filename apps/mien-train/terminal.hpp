#pragma once

#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>

#include "base/file.hpp"
#include "common/interrupt.hpp"
#include "common/progress.hpp"
#include "train/trainer.hpp"

namespace mien::apps {

/// Tells a person on stderr how the run goes: a bar within the epoch, a line after it.
class Terminal : public train::TrainObserver {
 public:
  explicit Terminal(const std::filesystem::path& out) : out_(out) {}

  void on_start(const train::RunState& state, const std::string& device) override {
    settings_ = state.settings;
    std::fprintf(stderr, "%s on %s: %s, %s, data %s\n", settings_.network.c_str(), device.c_str(), state.data_summary.c_str(),
                 settings_.precision.c_str(), state.data_hash.c_str());
    if (state.epoch > 0) std::fprintf(stderr, "resumed after epoch %d\n", state.epoch);
  }

  void on_batch(int epoch, int done, int total, double loss) override {
    if (!bar_) bar_.emplace(format("epoch %d/%d", epoch, settings_.epochs), total, "batches");
    bar_->update(done, format("loss %.3f", loss));
  }

  void on_epoch(const train::EpochRecord& r, const std::string& note) override {
    bar_.reset();
    const double left = (settings_.epochs - r.epoch) * r.seconds;
    std::fprintf(stderr,
                 "epoch %3d/%d  loss %.4f  accuracy %.4f | PublicTest loss %.4f  accuracy %.4f  macro F1 %.4f%s | "
                 "%.0f images/s, %s left%s\n",
                 r.epoch, settings_.epochs, r.train_loss, r.train_accuracy, r.valid_loss, r.valid_accuracy, r.valid_macro_f1,
                 settings_.has_ferplus_head() ? format("  FER+ %.4f", r.valid_ferplus_accuracy).c_str() : "", r.images_per_second, clock_text(left).c_str(), note.empty() ? "" : ("  " + note).c_str());
  }

  bool should_stop() override {
    if (!Interrupt::requested()) return false;
    if (!bar_) return true;  // a worker that leads no bar
    bar_.reset();
    std::fprintf(stderr, "stopped; the last whole epoch is kept in %s: go on with --resume\n", out_.c_str());
    return true;
  }

 private:
  std::filesystem::path out_;
  train::TrainSettings settings_;
  std::optional<ProgressBar> bar_;
};

}  // namespace mien::apps
