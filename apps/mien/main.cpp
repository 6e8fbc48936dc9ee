#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "base/options.hpp"
#include "commands.hpp"
#include "common/program.hpp"

namespace {

using namespace mien::apps;

constexpr const char* kUsage =
    "Mien recognises emotions in faces.\n\n"
    "  mien predict PHOTO...            the emotion of every face in photos\n"
    "  mien video FILE|URL|camera:0     the emotions of the people in a film or before a camera\n"
    "  mien explain PHOTO...            what in a face speaks for its emotion, as heat maps\n"
    "  mien data info|filter|pack|audit look at, filter, pack and check training data\n"
    "  mien train --data D --out RUN    train a network\n"
    "  mien tune --space S --data D     search the settings of a training\n"
    "  mien export CHECKPOINT -o M      make a model file of a training run\n"
    "  mien calibrate --model M         fit a model's temperature, so that its probabilities can "
    "be trusted\n"
    "  mien photo-head MODEL -o M       add the head for photos to a model with both heads\n"
    "  mien quantize MODEL -o M         make an eight-bit copy of a model\n"
    "  mien evaluate --model M --data D measure a model\n"
    "  mien knn --data D                what nearest neighbours reach: a baseline that learns "
    "nothing\n"
    "  mien bench [PHOTO]               how fast it is on this machine\n"
    "  mien models list|fetch NAME      face detectors that others publish\n"
    "  mien serve                       an HTTP server, and a page for photos and the webcam\n"
    "  mien info [MODEL]                what is in a model file\n\n"
    "'mien COMMAND --help' tells more; 'mien --version' which Mien this is.\n";

constexpr const char* kGetTrain =
    "It is built with LibTorch:\n  make train        (installs LibTorch, builds "
    "build/bin/mien-train)\n";
constexpr const char* kGetVideo =
    "It is built with FFmpeg's libraries:\n  make video        (installs them, builds "
    "build/bin/mien-video)\n";

const std::map<std::string, Command> kCommands = {
    {"predict", predict_command},       {"data", data_command},
    {"evaluate", evaluate_command},     {"explain", explain_command},
    {"calibrate", calibrate_command},   {"bench", bench_command},
    {"photo-head", photo_head_command}, {"quantize", quantize_command},
    {"models", models_command},         {"info", info_command},
    {"serve", serve_command},           {"knn", knn_command},
};

int run(const std::vector<std::string>& arguments) {
  if (arguments.empty()) return std::fputs(kUsage, stderr), kExitUsage;
  const std::string& name = arguments[0];
  const auto rest = std::span(arguments).subspan(1);
  if (name == "--help" || name == "-h" || name == "help")
    return std::fputs(kUsage, stdout), kExitOk;
  if (name == "--version") return std::puts("mien " MIEN_VERSION), kExitOk;
  if (name == "train" || name == "tune" || name == "export")
    return forward(name, "mien-train", arguments, kGetTrain);
  if (name == "video") return forward(name, "mien-video", {rest.begin(), rest.end()}, kGetVideo);
  const auto command = kCommands.find(name);
  if (command != kCommands.end()) return command->second(rest);
  std::vector<std::string> known = {"train", "tune", "export", "video"};
  for (const auto& entry : kCommands) known.push_back(entry.first);
  const std::string near = mien::base::nearest(name, known);
  std::fprintf(stderr, "mien: unknown command '%s'%s; see mien --help\n", name.c_str(),
               near.empty() ? "" : (", did you mean '" + near + "'?").c_str());
  return kExitUsage;
}

}  // namespace

int main(int argc, char** argv) {
  return run_program("mien", [&] { return run({argv + 1, argv + argc}); });
}
