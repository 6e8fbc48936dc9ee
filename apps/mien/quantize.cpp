#include "engine/quantize.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <random>

#include "base/text.hpp"
#include "commands.hpp"
#include "common/command_line.hpp"
#include "datasets/dataset.hpp"
#include "measure.hpp"
#include "mien/error.hpp"
#include "model/classifier.hpp"
#include "model/locate.hpp"

namespace mien::apps {
namespace {

/// `count` training images, normalized for the network. The same seed draws the same images.
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

}  // namespace

int quantize_command(std::span<const std::string> arguments) {
  std::string data, output, keep;
  int count = 512;
  std::uint64_t seed = 1;
  CommandLine line(
      "mien quantize MODEL --calibration DATA -o model-int8.onnx [options]\n\nWrites an 8-bit copy "
      "of a model in ONNX's standard QDQ form.");
  line.options.add(data, "calibration", "FILE",
                   "fer2013.csv or a packed file; its Training images determine the ranges");
  line.options.add(count, "images", "N", "calibration images, drawn at random", {8, 100000});
  line.options.add(seed, "seed", "N", "seed of the draw");
  line.options.add(keep, "keep-f32", "NODES", "nodes that stay in f32, separated by commas");
  line.options.alias("keep");
  line.options.add(output, "output", "FILE", "model file to write");
  line.options.short_name('o');
  const auto paths = line.parse(arguments);
  if (!paths) return kExitOk;
  if (paths->size() != 1)
    throw Error(ErrorCode::kInvalidArgument,
                "mien quantize needs one model file, such as mien quantize model.onnx");
  require_option(data, "--calibration", "give fer2013.csv or a packed file");
  require_option(output, "-o", "give the model file to write");
  const std::filesystem::path path = model::locate_model(paths->front());
  const model::Model model = model::read_onnx(path);
  const model::ClassifierInfo info = model::read_classifier_info(model);
  if (info.input_size != datasets::kFaceSize)
    throw Error(ErrorCode::kUnsupported,
                path.string() + ": input_size must be 48, the size of the images in the data");
  const std::vector<float> images = calibration_images(data, info, count, seed);
  const std::int64_t n = static_cast<std::int64_t>(images.size() / datasets::kFacePixels);
  const std::vector<std::string> kept = base::split_list(keep);
  for (const std::string& name : kept) {
    if (std::none_of(model.nodes.begin(), model.nodes.end(),
                     [&](const model::Node& node) { return node.name == name; })) {
      throw Error(ErrorCode::kInvalidArgument, "--keep-f32: unknown node '" + name + "' in " +
                                                   path.string() + "; mien info lists the nodes");
    }
  }
  model::Model quantized = engine::quantize(
      model, images, {n, 1, datasets::kFaceSize, datasets::kFaceSize}, {.keep_f32 = kept});
  quantized.metadata["quantization"] = "int8 QDQ, calibrated on " + std::to_string(n) +
                                       " Training images, seed " + std::to_string(seed);
  model::write_onnx(quantized, output);
  std::printf("wrote %s, calibrated on %lld Training images\n", output.c_str(),
              static_cast<long long>(n));
  return kExitOk;
}

}  // namespace mien::apps
