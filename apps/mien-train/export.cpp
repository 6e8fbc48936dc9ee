#include "training/export.hpp"

#include <cstdio>
#include <sstream>

#include "base/text.hpp"
#include "commands.hpp"
#include "common/command_line.hpp"
#include "mien/error.hpp"

namespace mien::apps {
namespace {

/// Crop geometries that match FER2013's framing: from the median box of each detector in upscaled
/// images of PublicTest (bench/crop_boxes.py) to the whole image. docs/results.md compares other
/// geometries on JAFFE.
constexpr const char* kFer2013Crops = "hog 1.09 0 -0.1, yunet 1.02 0 -0.05";

/// "hog 1.09 0 -0.1, yunet …" as metadata: crop.hog = "1.09 0 -0.1", …; the numbers are validated
/// with the other metadata.
std::map<std::string, std::string> crop_metadata(const std::string& list) {
  std::map<std::string, std::string> metadata;
  for (const std::string& entry : base::split_list(list)) {
    std::istringstream words(entry);
    std::string detector, scale, x, y;
    if (!(words >> detector >> scale >> x >> y) || !(words >> std::ws).eof()) {
      throw Error(ErrorCode::kInvalidArgument,
                  "--crop: must be DETECTOR SCALE SHIFT_X SHIFT_Y, …, not '" + entry + "'");
    }
    metadata["crop." + detector] = scale + " " + x + " " + y;
  }
  return metadata;
}

}  // namespace

int export_command(std::span<const std::string> arguments) {
  std::string output, description, head, crops = kFer2013Crops;
  CommandLine line(
      "mien export CHECKPOINT... -o model.onnx [options]\n\nConverts a checkpoint to a model file. "
      "Several checkpoints, of one run and of runs that continue it, are averaged.\n-o mean.ckpt "
      "writes the average as a checkpoint, for --from and --teachers of mien train.");
  line.options.add(output, "output", "FILE", "model file (.onnx) or checkpoint (.ckpt) to write");
  line.options.short_name('o');
  line.options.add(description, "description", "TEXT", "one line for the model file's metadata");
  line.options.add(head, "head", "NAME",
                   "default head of a network with several: fer2013 or ferplus");
  line.options.add(
      crops, "crop", "LIST",
      "crop geometry per detector (docs/model-format.md), for networks trained on other "
      "crops than FER2013's");
  const auto paths = line.parse(arguments);
  if (!paths) return kExitOk;
  if (paths->empty())
    throw Error(ErrorCode::kInvalidArgument,
                "mien export needs a checkpoint, such as mien export run/best.ckpt -o model.onnx");
  require_option(output, "-o", "give the model file to write");
  const std::vector<std::filesystem::path> checkpoints(paths->begin(), paths->end());
  if (std::filesystem::path(output).extension() == ".ckpt") {
    const training::MeanNetwork mean = training::mean_of_checkpoints(checkpoints);
    training::save_checkpoint(output, mean.state, mean.network, mean.network, nullptr);
    std::fprintf(stderr, "wrote %s\n", output.c_str());
    return kExitOk;
  }
  std::map<std::string, std::string> extra = crop_metadata(crops);
  if (!description.empty()) extra["description"] = description;
  const model::Model model = training::export_checkpoints(checkpoints, extra, head);
  model::write_onnx(model, output);
  std::fprintf(stderr, "wrote %s\n", output.c_str());
  return kExitOk;
}

}  // namespace mien::apps
