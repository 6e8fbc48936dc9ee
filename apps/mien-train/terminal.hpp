#pragma once

#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>

#include "base/file.hpp"
#include "common/interrupt.hpp"
#include "common/progress.hpp"
#include "training/trainer.hpp"

namespace mien::apps {

/// Reports a run on stderr: a progress bar during an epoch, a line after it.
class Terminal : public training::TrainObserver {
 public:
  /// `hint`: how to resume a stopped run.
  explicit Terminal(const std::filesystem::path& out, const char* hint = "--resume")
      : out_(out), hint_(hint) {}

  void on_start(const training::RunState& state, const std::string& device) override {
    settings_ = state.settings;
    leads_ = true;
    epochs_ = state.epoch;
    std::fprintf(stderr, "%s on %s: %s, %s, data %s\n", settings_.network.c_str(), device.c_str(),
                 state.data_summary.c_str(), settings_.precision.c_str(), state.data_hash.c_str());
    if (state.epoch > 0) std::fprintf(stderr, "resumed after epoch %d\n", state.epoch);
  }

  void on_batch(int epoch, int done, int total, double loss) override {
    if (!bar_) bar_.emplace(base::format("epoch %d/%d", epoch, settings_.epochs), total, "batches");
    bar_->update(done, base::format("loss %.3f", loss));
  }

  void on_epoch(const training::EpochRecord& r, const std::string& note) override {
    bar_.reset();
    epochs_ = r.epoch;
    const double left = (settings_.epochs - r.epoch) * r.seconds;
    std::fprintf(
        stderr,
        "epoch %3d/%d  loss %.4f  accuracy %.4f | PublicTest loss %.4f  accuracy %.4f  macro F1 "
        "%.4f%s | "
        "%.0f images/s, %s left%s\n",
        r.epoch, settings_.epochs, r.train_loss, r.train_accuracy, r.valid_loss, r.valid_accuracy,
        r.valid_macro_f1,
        settings_.has_ferplus_head() ? base::format("  FER+ %.4f", r.valid_ferplus_accuracy).c_str()
                                     : "",
        r.images_per_second, clock_text(left).c_str(), note.empty() ? "" : ("  " + note).c_str());
  }

  bool should_stop() override {
    if (!Interrupt::requested()) return false;
    bar_.reset();
    if (!leads_) return true;
    if (epochs_ == 0)
      std::fputs("stopped in the first epoch; nothing was saved\n", stderr);
    else
      std::fprintf(stderr, "stopped; the last complete epoch is in %s; resume with %s\n",
                   out_.c_str(), hint_);
    return true;
  }

 private:
  std::filesystem::path out_;
  const char* hint_;
  bool leads_ = false;
  int epochs_ = 0;  // completed
  training::TrainSettings settings_;
  std::optional<ProgressBar> bar_;
};

}  // namespace mien::apps
