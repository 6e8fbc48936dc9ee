#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <functional>
#include <numeric>
#include <random>

#include "base/file.hpp"
#include "base/options.hpp"
#include "bench_layers.hpp"
#include "commands.hpp"
#include "mien/analyzer.hpp"
#include "mien/error.hpp"
#include "pipeline/classifier.hpp"
#include "vision/crop.hpp"
#include "vision/decode.hpp"
#include "vision/face_detector.hpp"

namespace mien::apps {
namespace {

using Clock = std::chrono::steady_clock;

struct BenchOptions {
  std::string model, detector = "auto", precision = "auto", format = "text";
  int threads = 0, batch = 1, min_face = 0;
  double seconds = 1;
  bool layers = false, help = false;

  void declare(base::OptionSet& o) {
    o.add(model, "model", "FILE", "model file, or the name of a shipped one");
    o.add(detector, "detector", "NAME", "face detector, for photos");
    o.add(min_face, "min-face", "PIXELS",
          "smallest face looked for, for photos; 0: 40, more in large photos", {0, 20000});
    o.add_choice(precision, "precision", {"auto", "f32", "bf16", "int8"},
                 "arithmetic of the network");
    o.add(threads, "threads", "N", "threads of one call, 0: one a core", {0, vision::kMaxThreads});
    o.add(batch, "batch", "N", "faces a call of the network", {1, 4096});
    o.add(layers, "layers",
          "each call of the network: its time, its code, how near to the machine's limit it is");
    o.add(seconds, "seconds", "S", "how long to measure each thing", {0.01, 3600});
    o.add_choice(format, "format", {"text", "json"}, "form of the result");
    o.add(help, "help", "print this");
    o.short_name('h');
  }
};

double milliseconds(Clock::duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

struct Timing {
  std::size_t runs = 0;
  double median = 0, p10 = 0, p90 = 0;  // milliseconds
};

/// Calls `work` for some seconds, at least five times, after three calls that do not count.
Timing measure(double seconds, const std::function<void()>& work) {
  for (int i = 0; i < 3; ++i) work();
  std::vector<double> times;
  const auto begin = Clock::now();
  while (times.size() < 5 || milliseconds(Clock::now() - begin) < 1000 * seconds) {
    const auto start = Clock::now();
    work();
    times.push_back(milliseconds(Clock::now() - start));
  }
  std::sort(times.begin(), times.end());
  const auto at = [&](double part) {
    return times[static_cast<std::size_t>(part * static_cast<double>(times.size() - 1))];
  };
  return {times.size(), at(0.5), at(0.1), at(0.9)};
}

std::string timing_json(const Timing& t) {
  return base::format("\"median_ms\": %.4f, \"p10_ms\": %.4f, \"p90_ms\": %.4f, \"runs\": %zu",
                      t.median, t.p10, t.p90, t.runs);
}

int bench_network(const BenchOptions& o) {
  const std::filesystem::path path =
      pipeline::locate_classifier(o.model, pipeline::precision_from_string(o.precision));
  const auto start = Clock::now();
  const pipeline::Classifier classifier =
      pipeline::Classifier::load(path, {pipeline::precision_from_string(o.precision), o.threads});
  const engine::Network& network = classifier.network();
  const std::int64_t side = classifier.info().input_size;
  const engine::InputShape shape{o.batch, 1, side, side};
  network.prepare(shape);
  const double load = milliseconds(Clock::now() - start);
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  std::vector<float> input(static_cast<std::size_t>(o.batch) * classifier.face_bytes());
  for (float& value : input) value = normal(random);
  if (o.layers)
    return print_layers(path.string(), network, input, shape, o.seconds, o.format), kExitOk;
  std::vector<float> output(static_cast<std::size_t>(o.batch) *
                            static_cast<std::size_t>(classifier.classes()));
  const std::array<std::span<float>, 1> outputs{std::span(output)};
  const auto first_start = Clock::now();
  network.run(input, shape, outputs);
  const double first = milliseconds(Clock::now() - first_start);
  const Timing timing = measure(o.seconds, [&] { network.run(input, shape, outputs); });
  const auto madds = static_cast<double>(network.multiply_adds(shape));
  const double faces = 1000.0 * o.batch / timing.median;
  const std::string precision(engine::to_string(network.precision()));
  if (o.format == "json") {
    std::printf(
        "{\"model\": %s, \"precision\": \"%s\", \"threads\": %d, \"batch\": %d, %s, "
        "\"faces_per_second\": %.1f, "
        "\"multiply_adds\": %.0f, \"gmadds_per_second\": %.2f, \"load_ms\": %.3f, \"first_ms\": "
        "%.3f, \"memory_bytes\": %lld}\n",
        base::json_quote(path.string()).c_str(), precision.c_str(), network.threads(), o.batch,
        timing_json(timing).c_str(), faces, madds, madds / timing.median / 1e6, load, first,
        static_cast<long long>(network.memory_bytes(shape)));
    return kExitOk;
  }
  std::printf("%s, %s, %d thread%s, batch %d\n", path.c_str(), precision.c_str(), network.threads(),
              network.threads() == 1 ? "" : "s", o.batch);
  std::printf("  one call      %.3f ms (median of %zu; 10 %% under %.3f, 90 %% under %.3f)\n",
              timing.median, timing.runs, timing.p10, timing.p90);
  std::printf("  faces         %.0f a second\n", faces);
  std::printf("  multiply-adds %.1f million a call, %.1f thousand million a second\n", madds / 1e6,
              madds / timing.median / 1e6);
  std::printf("  to load       %.1f ms, first call %.2f ms\n", load, first);
  std::printf("  memory        %.1f MB\n", static_cast<double>(network.memory_bytes(shape)) / 1e6);
  return kExitOk;
}

int bench_photo(const BenchOptions& o, const std::string& photo) {
  const std::filesystem::path path =
      pipeline::locate_classifier(o.model, pipeline::precision_from_string(o.precision));
  const pipeline::Classifier classifier = pipeline::Classifier::load(
      path, {pipeline::precision_from_string(o.precision), 1});  // as Analyzer does
  const auto detector =
      vision::make_face_detector(o.detector, {.min_face = o.min_face, .threads = o.threads});
  const Analyzer analyzer = Analyzer::load(o.model, {.detector = o.detector,
                                                     .min_face = o.min_face,
                                                     .threads = o.threads,
                                                     .precision = o.precision});
  const std::vector<std::byte> bytes = base::read_file(photo);
  const vision::ScaledImage decoded = vision::decode_photo(bytes, photo);
  const Image& image = decoded.image;
  const std::vector<DetectedFace> faces = detector->search(image, decoded.scale_x()).faces;
  const auto crop = classifier.info().crops.find(std::string(detector->name()));
  const base::CropGeometry geometry =
      crop == classifier.info().crops.end() ? base::CropGeometry{} : crop->second;
  std::vector<std::uint8_t> crops;
  const auto make_crops = [&] {
    crops.clear();
    for (const DetectedFace& face : faces) {
      const Image one =
          vision::crop_aligned_face(image, face, geometry, classifier.info().input_size);
      crops.insert(crops.end(), one.row(0), one.row(0) + classifier.face_bytes());
    }
  };
  struct Stage {
    const char* name;
    Timing timing;
  };
  std::vector<Stage> stages;
  stages.push_back({"read", measure(o.seconds, [&] { base::read_file(photo); })});
  stages.push_back({"decode", measure(o.seconds, [&] { vision::decode_photo(bytes, photo); })});
  stages.push_back(
      {"detect", measure(o.seconds, [&] { detector->search(image, decoded.scale_x()); })});
  stages.push_back({"crop", measure(o.seconds, make_crops)});
  stages.push_back({"classify", measure(o.seconds, [&] { classifier.probabilities(crops); })});
  stages.push_back({"whole", measure(o.seconds, [&] { analyzer.analyze_encoded(bytes, photo); })});
  if (o.format == "json") {
    std::string text;
    for (const Stage& stage : stages)
      text += base::format("%s\"%s\": {%s}", text.empty() ? "" : ", ", stage.name,
                           timing_json(stage.timing).c_str());
    std::printf(
        "{\"photo\": %s, \"width\": %d, \"height\": %d, \"faces\": %zu, \"detector\": %s, "
        "\"stages\": {%s}}\n",
        base::json_quote(photo).c_str(), decoded.original_width, decoded.original_height,
        faces.size(), base::json_quote(detector->name()).c_str(), text.c_str());
    return kExitOk;
  }
  std::printf("%s  %dx%d, %zu face%s, detector %s\n", photo.c_str(), decoded.original_width,
              decoded.original_height, faces.size(), faces.size() == 1 ? "" : "s",
              std::string(detector->name()).c_str());
  for (const Stage& stage : stages) {
    std::printf("  %-9s %8.3f ms  (median of %zu; 90 %% under %.3f)\n", stage.name,
                stage.timing.median, stage.timing.runs, stage.timing.p90);
  }
  return kExitOk;
}

}  // namespace

int bench_command(std::span<const std::string> arguments) {
  BenchOptions options;
  base::OptionSet set;
  options.declare(set);
  const std::vector<std::string> photos = set.parse(arguments);
  if (options.help) {
    std::printf(
        "mien bench [options]          times the network alone\nmien bench PHOTO [options]    "
        "times each stage from the file to the answer\n\n%s",
        set.help().c_str());
    return kExitOk;
  }
  if (photos.size() > 1) throw Error(ErrorCode::kInvalidArgument, "give one photo");
  if (options.layers && !photos.empty())
    throw Error(ErrorCode::kInvalidArgument,
                "--layers times the network alone: leave the photo out");
  return photos.empty() ? bench_network(options) : bench_photo(options, photos[0]);
}

}  // namespace mien::apps
