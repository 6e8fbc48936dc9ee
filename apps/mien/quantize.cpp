#include "engine/quantize.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <random>
#include <sstream>

#include "base/options.hpp"
#include "commands.hpp"
#include "datasets/dataset.hpp"
#include "measure.hpp"
#include "mien/error.hpp"
#include "model/classifier.hpp"
#include "model/locate.hpp"

namespace mien::apps {
namespace {

/// `count` training pictures, the same for a seed, normalised for the network.
std::vector<float> calibration_images(const std::string& data, const model::ClassifierInfo& info,
                                      int count, std::uint64_t seed) {
  const datasets::Dataset dataset = datasets::read_dataset(data);
  std::vector<const datasets::Sample*> samples =
      select_split(dataset, datasets::Split::kTraining, data);
  std::mt19937_64 random(seed);
  const std::size_t wanted = std::min(samples.size(), static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < wanted; ++i)
    std::swap(samples[i], samples[i + random() % (samples.size() - i)]);
  std::vector<float> images;
  images.reserve(wanted * datasets::kFacePixels);
  for (std::size_t i = 0; i < wanted; ++i) {
    for (const std::uint8_t pixel : samples[i]->pixels)
      images.push_back(static_cast<float>((pixel - info.mean) / info.std));
  }
  return images;
}

std::vector<std::string> split_names(const std::string& list) {
  std::vector<std::string> names;
  std::istringstream stream(list);
  for (std::string name; std::getline(stream, name, ',');) names.push_back(name);
  return names;
}

}  // namespace

int quantize_command(std::span<const std::string> arguments) {
  std::string data, output, keep;
  int count = 512;
  std::uint64_t seed = 1;
  bool help = false;
  base::OptionSet options;
  options.add(data, "calibration", "FILE",
              "fer2013.csv or a packed set: its Training pictures show which values flow");
  options.add(count, "images", "N", "calibration pictures, drawn at random", {8, 100000});
  options.add(seed, "seed", "N", "seed of the draw");
  options.add(keep, "keep", "NODES", "names of nodes that stay in f32, with commas between them");
  options.add(output, "output", "FILE", "model file to write");
  options.short_name('o');
  options.add(help, "help", "print this");
  options.short_name('h');
  const std::vector<std::string> paths = options.parse(arguments);
  if (help) {
    std::printf(
        "mien quantize MODEL --calibration DATA -o model-int8.onnx\n\nWrites an eight-bit copy of "
        "a model in ONNX's standard QDQ form.\n\n%s",
        options.help().c_str());
    return kExitOk;
  }
  if (paths.size() != 1)
    throw Error(ErrorCode::kInvalidArgument,
                "give one model file: mien quantize model.onnx --calibration fer2013.csv -o "
                "model-int8.onnx");
  if (data.empty())
    throw Error(ErrorCode::kInvalidArgument,
                "--calibration FILE is missing: fer2013.csv or a packed set");
  if (output.empty())
    throw Error(ErrorCode::kInvalidArgument, "-o FILE is missing: the model file to write");
  const std::filesystem::path path = model::locate_model(paths[0]);
  const model::Model model = model::read_onnx(path);
  const model::ClassifierInfo info = model::read_classifier_info(model);
  if (info.input_size != datasets::kFaceSize)
    throw Error(ErrorCode::kUnsupported,
                path.string() + ": input_size is not 48, the size of the data's pictures");
  const std::vector<float> images = calibration_images(data, info, count, seed);
  const std::int64_t n = static_cast<std::int64_t>(images.size() / datasets::kFacePixels);
  for (const std::string& name : split_names(keep)) {
    if (std::none_of(model.nodes.begin(), model.nodes.end(),
                     [&](const model::Node& node) { return node.name == name; })) {
      throw Error(ErrorCode::kInvalidArgument, "--keep: no node of " + path.string() +
                                                   " is called '" + name +
                                                   "'; mien info lists them");
    }
  }
  model::Model quantized =
      engine::quantize(model, images, {n, 1, datasets::kFaceSize, datasets::kFaceSize},
                       {.keep_f32 = split_names(keep)});
  quantized.metadata["quantization"] = "int8 QDQ, calibrated on " + std::to_string(n) +
                                       " Training pictures, seed " + std::to_string(seed);
  model::write_onnx(quantized, output);
  std::printf("wrote %s, calibrated on %lld Training pictures\n", output.c_str(),
              static_cast<long long>(n));
  return kExitOk;
}

}  // namespace mien::apps
