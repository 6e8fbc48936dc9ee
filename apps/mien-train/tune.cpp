#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "base/file.hpp"
#include "commands.hpp"
#include "common/command_line.hpp"
#include "common/interrupt.hpp"
#include "mien/error.hpp"
#include "terminal.hpp"
#include "training/trainer.hpp"
#include "training/tuner.hpp"

namespace mien::apps {
namespace {

namespace fs = std::filesystem;

training::Method method_from(const std::string& name) {
  return name == "random" ? training::Method::kRandom
         : name == "tpe"  ? training::Method::kTpe
                          : training::Method::kHyperband;
}

/// Settings with the TOML lines `changes` applied.
training::TrainSettings changed(training::TrainSettings settings, const std::string& changes) {
  base::OptionSet options;
  settings.declare(options);
  options.parse_toml(changes, "the trial", "");
  return settings;
}

std::string recipe_text(training::TrainSettings settings) {
  base::OptionSet options;
  settings.declare(options);
  return "[train]\n" + options.to_toml();
}

/// Writes the settings that all trials share. A resumed search must have the same ones.
void keep_base(const fs::path& file, training::TrainSettings base, bool resumed) {
  base.threads = 0;  // affects only the speed
  const std::string text = recipe_text(base);
  if (resumed && fs::exists(file)) {
    std::istringstream before(base::read_text(file, 1 << 20)), now(text);
    for (std::string old_line, line; std::getline(now, line);) {
      if (std::getline(before, old_line) && old_line == line) continue;
      throw Error(ErrorCode::kInvalidArgument, file.string() + ": has '" + old_line +
                                                   "', but this search '" + line +
                                                   "'; give another --out");
    }
  }
  base::write_file(file, text);
}

}  // namespace

int tune_command(std::span<const std::string> arguments) {
  training::TrainSettings base;
  std::string space_file, recipe, out, method = "hyperband";
  int trials = 1;
  CommandLine line(
      "mien tune --space FILE --data FILE --out DIR [options]\n\nSearches settings of mien train; "
      "--epochs is the maximum per trial.");
  line.options.add(space_file, "space", "FILE",
                   "settings to vary and their ranges (TOML, see docs/training.md)");
  line.options.add_choice(method, "method", {"hyperband", "random", "tpe"}, "search method");
  line.options.add(trials, "trials", "N",
                   "number of trials; for Hyperband, rounds through all brackets", {1, 100000});
  line.options.add(out, "out", "DIR",
                   "folder of the search: trials.jsonl, trials.svg, base.toml, best.toml; an "
                   "existing search is resumed");
  line.options.add(
      recipe, "recipe", "FILE",
      "read fixed settings from a TOML file; options on the command line override them");
  base.declare(line.options);
  if (!line.parse_options(arguments)) return kExitOk;
  line.options.on_warning({});  // the arguments are parsed again, to override the recipe
  if (std::getenv("WORLD_SIZE") != nullptr)
    throw Error(ErrorCode::kInvalidArgument,
                "WORLD_SIZE is set, but a search runs in one process; start it without torchrun");
  require_option(space_file, "--space", "give the file with the settings to vary");
  require_option(out, "--out", "give the folder of the search");
  if (!recipe.empty()) {
    base::OptionSet settings;
    base.declare(settings);
    print_warnings(settings);
    settings.parse_toml(base::read_text(recipe, 1 << 20), recipe, "train");
    line.options.parse(arguments);
  }
  const training::SearchSpace space =
      training::parse_search_space(base::read_text(space_file, 1 << 20), space_file);
  const training::TuneOptions search{method_from(method), trials, base.epochs, base.seed};
  const fs::path folder(out), log = folder / "trials.jsonl";
  fs::create_directories(folder);
  std::vector<training::Trial> done;
  if (fs::exists(log))
    done = training::trials_from_jsonl(base::read_text(log), space, log.string());
  keep_base(folder / "base.toml", base, !done.empty());
  if (!done.empty())
    std::fprintf(stderr, "%s: resuming after %zu trainings\n", out.c_str(), done.size());

  const Interrupt interrupt;
  const int all = training::count_requests(search);
  const auto write_all = [&] {
    std::string lines;
    for (const training::Trial& trial : done) lines += training::trial_to_json(trial, space);
    base::write_file(log, lines);
    plots::write_svg_file(folder / "trials.svg", training::trials_figure(done, space));
  };
  const auto evaluate = [&](const training::Request& request) {
    for (const training::Trial& trial : done) {  // its checkpoint would be resumed for this trial
      if (trial.number == request.number && trial.point != request.point) {
        throw Error(
            ErrorCode::kInvalidArgument,
            base::format("%s: trial %d belongs to a search with other options; give another --out",
                         out.c_str(), trial.number));
      }
    }
    const training::TrainRun run{.settings = changed(base, space.recipe_of(request.point)),
                                 .out = folder / "trials" / std::to_string(request.number),
                                 .stop_after = request.epochs};
    std::fprintf(stderr, "training %zu of %d: trial %d to epoch %d\n", done.size() + 1, all,
                 request.number, request.epochs);
    const bool exists = fs::exists(run.out / "last.ckpt");
    training::Trial trial{request.number, request.epochs, 0, 0, request.point};
    try {
      Terminal terminal(run.out, "the same command");
      const training::RunState state = training::train(
          run, exists ? training::Start::kResume : training::Start::kFresh, terminal);
      trial.score = state.best_score;
      for (const training::EpochRecord& epoch : state.history) trial.seconds += epoch.seconds;
    } catch (const training::Diverged& error) {  // the search continues
      std::fprintf(stderr, "trial %d counts as 0: %s\n", request.number, error.what());
    }
    done.push_back(trial);
    write_all();
    return trial;
  };
  const std::vector<training::Trial> result = training::tune(space, search, done, evaluate);
  const training::Trial& best = training::best_trial(result);
  base::write_file(folder / "best.toml", recipe_text(changed(base, space.recipe_of(best.point))));
  std::printf(
      "best: trial %d, PublicTest %s %.4f after %d epochs\n\n%s\nTrain it with\n  mien train "
      "--recipe %s --out RUN\n",
      best.number, base.best_by.c_str(), best.score, best.epochs,
      space.recipe_of(best.point).c_str(), (folder / "best.toml").c_str());
  return kExitOk;
}

}  // namespace mien::apps
