#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "base/file.hpp"
#include "commands.hpp"
#include "common/interrupt.hpp"
#include "datasets/npy.hpp"
#include "launch.hpp"
#include "mien/error.hpp"
#include "terminal.hpp"
#include "training/cross_validation.hpp"
#include "training/trainer.hpp"

namespace mien::apps {

int train_command(std::span<const std::string> arguments) {
  training::TrainRun run;
  std::string recipe, out, summary;
  int nproc = 1;
  bool resume = false, help = false;
  int folds = 0;
  base::OptionSet options;
  options.add(recipe, "recipe", "FILE",
              "settings from a TOML file; options on the command line win");
  options.add(out, "out", "DIR", "folder of the run: checkpoints, history.csv, curves.svg");
  options.add(resume, "resume", "go on from the last checkpoint in --out, with its settings");
  options.add(run.stop_after, "stop-after", "N",
              "end after epoch N of the run, to be resumed later", {0, 1e9});
  options.add(nproc, "nproc", "N",
              "train with N processes of this machine, each a part of every step; for several "
              "machines see docs/training.md",
              {1, 1024});
  options.add(folds, "folds", "K",
              "train K networks, each without another part of the pictures, and write what each "
              "says of its part to --out/oof.npy",
              {0, 100});
  options.add(summary, "summary", "NETWORK",
              "print the table of a network, of the sizes that are set, and stop");
  options.add(help, "help", "print this");
  options.short_name('h');
  run.settings.declare(options);
  const auto parse = [&] {
    const std::vector<std::string> extra = options.parse(arguments);
    if (!extra.empty())
      throw Error(ErrorCode::kInvalidArgument, "unexpected argument '" + extra[0] + "'");
  };
  const auto load_settings = [&](const std::string& toml, const std::string& name) {
    base::OptionSet settings;
    run.settings.declare(settings);
    settings.parse_toml(toml, name, "train");
  };
  parse();
  if (help) {
    std::printf("mien train --data FILE --out DIR [options]\n\n%s", options.help().c_str());
    return 0;
  }
  if (!summary.empty()) {
    if (!recipe.empty()) load_settings(base::read_text(recipe, 1 << 20), recipe);
    parse();  // again: the command line wins over the file
    run.settings.network = summary;
    std::fputs(summary_table(run.settings.network_spec()).c_str(), stdout);
    return 0;
  }
  if (out.empty())
    throw Error(ErrorCode::kInvalidArgument, "--out DIR is missing: where the run's files go");
  if (folds == 1)
    throw Error(ErrorCode::kInvalidArgument,
                "--folds: one fold leaves nothing to train on; 5 is usual");
  if (folds > 0 && run.stop_after > 0) {
    throw Error(ErrorCode::kInvalidArgument,
                "--folds trains each network to its end: leave out --stop-after");
  }
  run.out = out;
  if (folds > 0 && (nproc > 1 || std::getenv("WORLD_SIZE") != nullptr)) {
    throw Error(ErrorCode::kInvalidArgument, "--folds trains in one process: leave out --nproc");
  }
  if (nproc > 1 && std::getenv("WORLD_SIZE") == nullptr) return launch_workers(nproc, arguments);
  std::filesystem::path begun;  // the checkpoint whose settings are gone on with
  if (resume && folds == 0) {
    begun = run.out / "last.ckpt";
    if (!std::filesystem::exists(begun))
      throw Error(ErrorCode::kNotFound, out + ": there is no run to resume here (no last.ckpt)");
  }
  for (int fold = folds; resume && fold >= 1; --fold) {
    const std::filesystem::path checkpoint = run.out / base::format("fold-%d", fold) / "last.ckpt";
    if (std::filesystem::exists(checkpoint)) begun = checkpoint;
  }
  if (!begun.empty()) {
    if (!recipe.empty())
      throw Error(ErrorCode::kInvalidArgument,
                  "--resume goes on with the settings of the run: leave out --recipe");
    run.settings = training::Checkpoint(begun).state().settings;
  } else if (!recipe.empty()) {
    load_settings(base::read_text(recipe, 1 << 20), recipe);
  }
  parse();  // again: the command line wins over the file
  const Interrupt interrupt;
  Terminal terminal(run.out);
  const training::Start start = resume ? training::Start::kResume : training::Start::kFresh;
  if (folds > 0) {
    const datasets::FloatTable table = training::cross_validate(run, folds, start, terminal);
    datasets::write_float_table(run.out / "oof.npy", table);
    std::fprintf(stderr, "out-of-fold probabilities of %zu pictures: %s\n", table.rows(),
                 (run.out / "oof.npy").c_str());
    return 0;
  }
  const training::RunState state = training::train(run, start, terminal);
  if (state.best_score < 0) return 0;  // a worker that does not lead
  std::fprintf(stderr, "best PublicTest %s %.4f: %s\n", run.settings.best_by.c_str(),
               state.best_score, (run.out / "best.ckpt").c_str());
  return 0;
}

}  // namespace mien::apps
