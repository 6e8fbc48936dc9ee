#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "base/file.hpp"
#include "commands.hpp"
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

/// Settings as a recipe, with the lines of `changes` in place of their own.
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

/// The settings that all trials share, in a file beside them: a search goes on with no others.
void keep_base(const fs::path& file, training::TrainSettings base, bool goes_on) {
  base.threads = 0;  // decides how fast, not what
  const std::string text = recipe_text(base);
  if (goes_on && fs::exists(file)) {
    std::istringstream before(base::read_text(file, 1 << 20)), now(text);
    for (std::string old_line, line; std::getline(now, line);) {
      if (std::getline(before, old_line) && old_line == line) continue;
      throw Error(ErrorCode::kInvalidArgument, file.string() + ": the trials there have '" +
                                                   old_line + "', this search '" + line +
                                                   "': give another --out");
    }
  }
  base::write_file(file, text);
}

}  // namespace

int tune_command(std::span<const std::string> arguments) {
  training::TrainSettings base;
  std::string space_file, recipe, out, method = "hyperband";
  int trials = 1;
  bool help = false;
  base::OptionSet options;
  options.add(space_file, "space", "FILE",
              "settings to vary and their ranges (TOML, see docs/training.md)");
  options.add_choice(method, "method", {"hyperband", "random", "tpe"}, "how points are chosen");
  options.add(trials, "trials", "N", "points to train; of Hyperband, rounds through its brackets",
              {1, 100000});
  options.add(out, "out", "DIR",
              "folder of the search: trials.jsonl, trials.svg, base.toml, best.toml; a search that "
              "lives there goes on");
  options.add(recipe, "recipe", "FILE",
              "settings that do not vary, from a TOML file; options on the command line win");
  options.add(help, "help", "print this");
  options.short_name('h');
  base.declare(options);
  const auto parse = [&] {
    const std::vector<std::string> extra = options.parse(arguments);
    if (!extra.empty())
      throw Error(ErrorCode::kInvalidArgument, "unexpected argument '" + extra[0] + "'");
  };
  parse();
  if (help) {
    std::printf(
        "mien tune --space FILE --data FILE --out DIR [options]\n\nSearches settings of mien "
        "train; --epochs is what a trial is trained for at most.\n\n%s",
        options.help().c_str());
    return kExitOk;
  }
  if (std::getenv("WORLD_SIZE") != nullptr) {
    throw Error(
        ErrorCode::kInvalidArgument,
        "WORLD_SIZE is set: a search is one process; start it without torchrun or the like");
  }
  if (space_file.empty())
    throw Error(ErrorCode::kInvalidArgument, "--space FILE is missing: the settings to vary");
  if (out.empty())
    throw Error(ErrorCode::kInvalidArgument, "--out DIR is missing: where the search's files go");
  if (!recipe.empty()) {
    base::OptionSet settings;
    base.declare(settings);
    settings.parse_toml(base::read_text(recipe, 1 << 20), recipe, "train");
    parse();  // again: the command line wins over the file
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
    std::fprintf(stderr, "%s: goes on after %zu trainings\n", out.c_str(), done.size());

  const Interrupt interrupt;
  const int all = training::count_requests(search);
  const auto write_all = [&] {
    std::string lines;
    for (const training::Trial& trial : done) lines += training::trial_to_json(trial, space);
    base::write_file(log, lines);
    plots::write_svg_file(folder / "trials.svg", training::trials_figure(done, space));
  };
  const auto evaluate = [&](const training::Request& request) {
    for (const training::Trial& trial :
         done) {  // its checkpoint would be trained on as if it were this one's
      if (trial.number == request.number && trial.point != request.point) {
        throw Error(
            ErrorCode::kInvalidArgument,
            base::format("%s: trial %d there is of a search with other options: give another --out",
                         out.c_str(), trial.number));
      }
    }
    const training::TrainRun run{.settings = changed(base, space.recipe_of(request.point)),
                                 .out = folder / "trials" / std::to_string(request.number),
                                 .stop_after = request.epochs};
    std::fprintf(stderr, "training %zu of %d: trial %d to epoch %d\n", done.size() + 1, all,
                 request.number, request.epochs);
    const bool begun = fs::exists(run.out / "last.ckpt");
    training::Trial trial{request.number, request.epochs, 0, 0, request.point};
    try {
      Terminal terminal(run.out, "the same command");
      const training::RunState state = training::train(
          run, begun ? training::Start::kResume : training::Start::kFresh, terminal);
      trial.score = state.best_score;
      for (const training::EpochRecord& epoch : state.history) trial.seconds += epoch.seconds;
    } catch (const training::Diverged&
                 error) {  // a point of the space like any other: the search goes on
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
