#include "training/export.hpp"

#include <cstdio>
#include <sstream>

#include "commands.hpp"
#include "mien/error.hpp"

namespace mien::apps {
namespace {

/// How boxes of the detectors become FER2013's framing: the median box that each finds in the
/// enlarged pictures of PublicTest (bench/crop_boxes.py), as scale and shift to the whole picture.
/// docs/results.md shows geometries around it on JAFFE.
constexpr const char* kFer2013Crops = "hog 1.09 0 -0.1, yunet 1.02 0 -0.05";

/// "hog 1.09 0 -0.1, yunet …" as metadata: crop.hog = "1.09 0 -0.1", …; the numbers are checked
/// with the rest.
std::map<std::string, std::string> crop_metadata(const std::string& list) {
  std::map<std::string, std::string> metadata;
  std::istringstream entries(list);
  for (std::string entry; std::getline(entries, entry, ',');) {
    std::istringstream words(entry);
    std::string detector, scale, x, y;
    if (!(words >> detector >> scale >> x >> y) || !(words >> std::ws).eof()) {
      throw Error(ErrorCode::kInvalidArgument,
                  "--crop: '" + entry + "' is not DETECTOR SCALE SHIFT_X SHIFT_Y");
    }
    metadata["crop." + detector] = scale + " " + x + " " + y;
  }
  return metadata;
}

}  // namespace

int export_command(std::span<const std::string> arguments) {
  std::string output, description, head, crops = kFer2013Crops;
  bool help = false;
  base::OptionSet options;
  options.add(output, "output", "FILE", "model file (.onnx) or checkpoint (.ckpt) to write");
  options.short_name('o');
  options.add(description, "description", "TEXT", "one line for the model file's metadata");
  options.add(
      head, "head", "NAME",
      "head that answers where none is asked for, of a network with several: fer2013 or ferplus");
  options.add(crops, "crop", "LIST",
              "crop geometry by detector (docs/model-format.md), for a network trained on pictures "
              "framed otherwise than FER2013's");
  options.add(help, "help", "print this");
  options.short_name('h');
  const std::vector<std::string> paths = options.parse(arguments);
  if (help) {
    std::printf(
        "mien export CHECKPOINT... -o model.onnx\n\nOf several checkpoints the mean of their "
        "weights: of one run and of what was trained on from it. -o mean.ckpt writes it as\na "
        "checkpoint, for --from and --teachers of mien train.\n\n%s",
        options.help().c_str());
    return 0;
  }
  if (paths.empty())
    throw Error(ErrorCode::kInvalidArgument,
                "give a checkpoint: mien export run/best.ckpt -o model.onnx");
  if (output.empty())
    throw Error(ErrorCode::kInvalidArgument, "-o FILE is missing: the model file to write");
  if (std::filesystem::path(output).extension() == ".ckpt") {
    const training::MeanNetwork mean = training::mean_of_checkpoints({paths.begin(), paths.end()});
    training::save_checkpoint(output, mean.state, mean.network, mean.network, nullptr);
    std::fprintf(stderr, "wrote %s\n", output.c_str());
    return 0;
  }
  std::map<std::string, std::string> extra = crop_metadata(crops);
  if (!description.empty()) extra["description"] = description;
  const model::Model model =
      training::export_checkpoints({paths.begin(), paths.end()}, extra, head);
  model::write_onnx(model, output);
  std::fprintf(stderr, "wrote %s\n", output.c_str());
  return 0;
}

}  // namespace mien::apps
