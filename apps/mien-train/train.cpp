#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "base/file.hpp"
#include "commands.hpp"
#include "common/command_line.hpp"
#include "common/interrupt.hpp"
#include "datasets/npy.hpp"
#include "launch.hpp"
#include "mien/error.hpp"
#include "terminal.hpp"
#include "training/cross_validation.hpp"
#include "training/trainer.hpp"

namespace mien::apps {

namespace {

struct TrainOptions {
  std::string recipe, out, summary;
  int nproc = 1, folds = 0;
  bool resume = false;
  training::TrainRun run;

  void declare(base::OptionSet& o) {
    o.add(recipe, "recipe", "FILE",
          "read settings from a TOML file; options on the command line override them");
    o.add(out, "out", "DIR", "folder of the run: checkpoints, history.csv, curves.svg");
    o.add(resume, "resume", "continue from the last checkpoint in --out, with its settings");
    o.add(run.stop_after, "stop-after", "N", "stop after epoch N of the run, to resume it later",
          {0, 1e9});
    o.add(nproc, "nproc", "N",
          "train with N processes on this machine; for several machines see docs/training.md",
          {1, 1024});
    o.add(folds, "folds", "K",
          "train K networks, each without one fold of the images, and write the probabilities of "
          "each fold to --out/oof.npy",
          {0, 100});
    o.add(summary, "summary", "NETWORK",
          "print the layers of a network with these settings, and exit");
    run.settings.declare(o);
  }
};

void load_recipe(const std::string& recipe, training::TrainSettings& settings) {
  if (recipe.empty()) return;
  base::OptionSet set;
  settings.declare(set);
  print_warnings(set);
  set.parse_toml(base::read_text(recipe, 1 << 20), recipe, "train");
}

void check(const TrainOptions& o, bool is_worker) {
  require_option(o.out, "--out", "give the folder of the run");
  const auto fail = [](const char* message) { throw Error(ErrorCode::kInvalidArgument, message); };
  if (o.folds == 1) fail("--folds: must be at least 2; 5 is usual");
  if (o.folds > 0 && o.run.stop_after > 0) fail("--folds and --stop-after exclude each other");
  if (o.folds > 0 && (o.nproc > 1 || is_worker)) fail("--folds and --nproc exclude each other");
}

/// The checkpoint that --resume continues; empty for a fresh run.
std::filesystem::path find_checkpoint(const TrainOptions& o) {
  namespace fs = std::filesystem;
  if (!o.resume) return {};
  const fs::path out = o.out;
  if (o.folds == 0 && !fs::exists(out / "last.ckpt"))
    throw Error(ErrorCode::kNotFound, o.out + ": no run to resume (last.ckpt is missing)");
  if (o.folds == 0) return out / "last.ckpt";
  for (int fold = 1; fold <= o.folds; ++fold) {
    const fs::path checkpoint = out / base::format("fold-%d", fold) / "last.ckpt";
    if (fs::exists(checkpoint)) return checkpoint;
  }
  return {};
}

int train(TrainOptions& o) {
  const training::Start start = o.resume ? training::Start::kResume : training::Start::kFresh;
  const Interrupt interrupt;
  Terminal terminal(o.run.out);
  if (o.folds > 0) {
    const datasets::FloatTable table = training::cross_validate(o.run, o.folds, start, terminal);
    datasets::write_float_table(o.run.out / "oof.npy", table);
    std::fprintf(stderr, "out-of-fold probabilities of %zu images: %s\n", table.rows(),
                 (o.run.out / "oof.npy").c_str());
    return kExitOk;
  }
  const training::RunState state = training::train(o.run, start, terminal);
  if (state.best_score < 0) return kExitOk;  // not the first worker
  std::fprintf(stderr, "best PublicTest %s %.4f: %s\n", o.run.settings.best_by.c_str(),
               state.best_score, (o.run.out / "best.ckpt").c_str());
  return kExitOk;
}

}  // namespace

int train_command(std::span<const std::string> arguments) {
  TrainOptions o;
  CommandLine line("mien train --data FILE --out DIR [options]\n\nTrains a network.");
  o.declare(line.options);
  if (!line.parse_options(arguments)) return kExitOk;
  line.options.on_warning({});  // the arguments are parsed again, to override the recipe
  training::TrainRun& run = o.run;
  if (!o.summary.empty()) {
    load_recipe(o.recipe, run.settings);
    line.options.parse(arguments);
    run.settings.network = o.summary;
    std::fputs(summary_table(run.settings.network_spec()).c_str(), stdout);
    return kExitOk;
  }
  const bool is_worker = std::getenv("WORLD_SIZE") != nullptr;
  check(o, is_worker);
  run.out = o.out;
  if (o.nproc > 1 && !is_worker) return launch_workers(o.nproc, arguments);
  const std::filesystem::path checkpoint = find_checkpoint(o);
  if (!checkpoint.empty()) {
    if (!o.recipe.empty())
      throw Error(ErrorCode::kInvalidArgument,
                  "--resume and --recipe exclude each other: the run keeps its settings");
    run.settings = training::Checkpoint(checkpoint).state().settings;
  }
  load_recipe(o.recipe, run.settings);
  line.options.parse(arguments);
  try {
    return train(o);
  } catch (const training::Diverged& error) {  // the command line is valid
    std::fprintf(stderr, "mien: %s\n", error.what());
    return kExitFailed;
  }
}

}  // namespace mien::apps
