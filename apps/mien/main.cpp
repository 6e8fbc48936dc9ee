#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "base/options.hpp"
#include "base/text.hpp"
#include "commands.hpp"
#include "common/program.hpp"

namespace {

using namespace mien::apps;
using Arguments = std::span<const std::string>;

int video(Arguments arguments) {
  return forward("video", "mien-video", {arguments.begin(), arguments.end()},
                 "It is built with FFmpeg's libraries:\n  make video        (installs them, builds "
                 "build/bin/mien-video)\n");
}

int run_mien_train(const std::string& name, Arguments arguments) {
  std::vector<std::string> words{name};
  words.insert(words.end(), arguments.begin(), arguments.end());
  return forward(name, "mien-train", words,
                 "It is built with LibTorch:\n  make train        (installs LibTorch, builds "
                 "build/bin/mien-train)\n");
}
int train(Arguments arguments) { return run_mien_train("train", arguments); }
int tune(Arguments arguments) { return run_mien_train("tune", arguments); }
int export_model(Arguments arguments) { return run_mien_train("export", arguments); }

struct Entry {
  const char* group;
  const char* name;
  const char* arguments;
  const char* help;
  Command run;
};

constexpr Entry kCommands[] = {
    {"Everyday", "predict", "PHOTO...", "classify the expression of every face in photos",
     predict_command},
    {"Everyday", "video", "FILE|URL|camera:0", "classify expressions in a video or from a camera",
     video},
    {"Everyday", "serve", "", "run the web page for photos and the webcam, and the HTTP API",
     serve_command},
    {"Everyday", "explain", "PHOTO...", "show what in a face made the model predict its emotion",
     explain_command},
    {"Everyday", "models", "list|fetch NAME", "list or fetch face detectors of other projects",
     models_command},
    {"Measure", "evaluate", "--model M --data D", "measure a model on labeled images",
     evaluate_command},
    {"Measure", "bench", "[PHOTO]", "measure latency and throughput on this machine",
     bench_command},
    {"Measure", "knn", "--data D", "measure a nearest-neighbor baseline", knn_command},
    {"Measure", "info", "[MODEL]", "show what a model file contains", info_command},
    {"Train", "data", "info|filter|pack|audit", "inspect, filter, pack and audit training data",
     data_command},
    {"Train", "train", "--data D --out RUN", "train a network", train},
    {"Train", "tune", "--space S --data D", "search hyperparameters of a training", tune},
    {"Train", "export", "CHECKPOINT -o M", "convert a checkpoint to a model file", export_model},
    {"Train", "calibrate", "--model M --data D", "calibrate a model's probabilities",
     calibrate_command},
    {"Train", "photo-head", "MODEL -o M", "add the head for photos to a model with both heads",
     photo_head_command},
    {"Train", "quantize", "MODEL -o M", "write an 8-bit copy of a model", quantize_command},
};

std::string usage() {
  std::string out = "Mien finds faces and classifies their expressions.\n";
  std::string group;
  for (const Entry& entry : kCommands) {
    if (group != entry.group) out += "\n" + (group = entry.group) + "\n";
    const std::string call = std::string("mien ") + entry.name + " " + entry.arguments;
    out += mien::base::format("  %-34s %s\n", call.c_str(), entry.help);
  }
  return out +
         "\nmien help COMMAND describes a command. mien --version prints the version, mien man the "
         "manual page,\nmien completions bash|zsh|fish a completion script.\n";
}

const Entry* find(const std::string& name) {
  const auto* found =
      std::ranges::find_if(kCommands, [&](const Entry& entry) { return name == entry.name; });
  return found == std::end(kCommands) ? nullptr : found;
}

std::vector<std::string> command_names() {
  std::vector<std::string> names;
  for (const Entry& entry : kCommands) names.emplace_back(entry.name);
  return names;
}

int fail_unknown(const std::string& name) {
  const std::string near = mien::base::nearest(name, command_names());
  std::fprintf(stderr, "mien: unknown command '%s'; %s\n", name.c_str(),
               near.empty() ? "see mien --help" : ("did you mean '" + near + "'?").c_str());
  return kExitUsage;
}

int run(std::vector<std::string> arguments) {
  if (arguments.empty()) return std::fputs(usage().c_str(), stderr), kExitUsage;
  std::string name = arguments[0];
  if (name == "--version") return std::puts("mien " MIEN_VERSION), kExitOk;
  if (name == "--help" || name == "-h" || name == "help") {
    if (arguments.size() == 1) return std::fputs(usage().c_str(), stdout), kExitOk;
    arguments.erase(arguments.begin());
    arguments.emplace_back("--help");
    name = arguments[0];
  }
  if (name == "completions")
    return completions_command(Arguments(arguments).subspan(1), command_names());
  if (name == "man") return man_command(Arguments(arguments).subspan(1), command_names());
  const Entry* command = find(name);
  return command == nullptr ? fail_unknown(name) : command->run(Arguments(arguments).subspan(1));
}

}  // namespace

int main(int argc, char** argv) {
  return run_program("mien", [&] { return run({argv + 1, argv + argc}); });
}
