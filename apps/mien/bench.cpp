#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <functional>
#include <numeric>
#include <random>

#include "base/file.hpp"
#include "base/json.hpp"
#include "bench_layers.hpp"
#include "commands.hpp"
#include "common/analyzer_options.hpp"
#include "common/command_line.hpp"
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
  AnalyzerSettings analyzer;
  std::string format = "text";
  int threads = 0, batch = 1;
  double seconds = 1;
  bool layers = false;

  void declare(base::OptionSet& o) {
    analyzer.declare_network(o);
    analyzer.declare_detector(o);
    o.add(threads, "threads", "N", "threads of one call; 0: one per core",
          {0, vision::kMaxThreads});
    o.add(batch, "batch", "N", "faces per call of the network", {1, 4096});
    o.add(layers, "layers",
          "profile each layer: its time, its implementation, and its share of the machine's peak");
    o.add(seconds, "seconds", "S", "duration of each measurement", {0.01, 3600});
    o.add_choice(format, "format", {"text", "json"}, "format of the result");
  }
};

double milliseconds(Clock::duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

struct Timing {
  std::size_t runs = 0;
  double median = 0, p10 = 0, p90 = 0;  // milliseconds
};

/// Calls `work` repeatedly for `seconds`, at least five times, after three warm-up calls.
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
  const auto at = [&](double quantile) {
    return times[static_cast<std::size_t>(quantile * static_cast<double>(times.size() - 1))];
  };
  return {times.size(), at(0.5), at(0.1), at(0.9)};
}

base::Json timing_json(const Timing& t) {
  return {{"median_ms", base::rounded(t.median, 4)},
          {"p10_ms", base::rounded(t.p10, 4)},
          {"p90_ms", base::rounded(t.p90, 4)},
          {"runs", t.runs}};
}

pipeline::Classifier load_classifier(const BenchOptions& o, int threads) {
  const engine::Precision precision = pipeline::precision_from_string(o.analyzer.options.precision);
  return pipeline::Classifier::load(pipeline::locate_classifier(o.analyzer.model, precision),
                                    {precision, threads}, {.name = o.analyzer.options.head});
}

int bench_network(const BenchOptions& o) {
  const std::filesystem::path path = pipeline::locate_classifier(
      o.analyzer.model, pipeline::precision_from_string(o.analyzer.options.precision));
  const auto start = Clock::now();
  const pipeline::Classifier classifier = load_classifier(o, o.threads);
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
    base::Json out{{"model", path.string()},
                   {"precision", precision},
                   {"threads", network.threads()},
                   {"batch", o.batch}};
    out.update(timing_json(timing));
    out.update({{"faces_per_second", base::rounded(faces, 1)},
                {"multiply_adds", network.multiply_adds(shape)},
                {"gmadds_per_second", base::rounded(madds / timing.median / 1e6, 2)},
                {"load_ms", base::rounded(load, 3)},
                {"first_ms", base::rounded(first, 3)},
                {"memory_bytes", network.memory_bytes(shape)}});
    std::puts(base::to_text(out).c_str());
    return kExitOk;
  }
  std::printf("%s, %s, %d thread%s, batch %d\n", path.c_str(), precision.c_str(), network.threads(),
              network.threads() == 1 ? "" : "s", o.batch);
  std::printf("  latency     %.3f ms per call (median of %zu; p10 %.3f, p90 %.3f)\n", timing.median,
              timing.runs, timing.p10, timing.p90);
  std::printf("  throughput  %.0f faces/s\n", faces);
  std::printf("  arithmetic  %.1f MMAC per call, %.1f GMAC/s\n", madds / 1e6,
              madds / timing.median / 1e6);
  std::printf("  loading     %.1f ms, first call %.2f ms\n", load, first);
  std::printf("  memory      %.1f MB\n", static_cast<double>(network.memory_bytes(shape)) / 1e6);
  return kExitOk;
}

int bench_photo(const BenchOptions& o, const std::string& photo) {
  const pipeline::Classifier classifier = load_classifier(o, 1);  // as Analyzer does
  const AnalyzerOptions options = o.analyzer.with_threads(o.threads);
  const auto detector = vision::make_face_detector(
      options.detector,
      {.min_face = options.min_face, .threads = o.threads, .min_score = options.min_score});
  const Analyzer analyzer = o.analyzer.load(o.threads);
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
    base::Json times;
    for (const Stage& stage : stages) times[stage.name] = timing_json(stage.timing);
    std::puts(base::to_text({{"photo", photo},
                             {"width", decoded.original_width},
                             {"height", decoded.original_height},
                             {"faces", faces.size()},
                             {"detector", detector->name()},
                             {"stages", times}})
                  .c_str());
    return kExitOk;
  }
  std::printf("%s  %dx%d, %zu face%s, detector %s\n", photo.c_str(), decoded.original_width,
              decoded.original_height, faces.size(), faces.size() == 1 ? "" : "s",
              std::string(detector->name()).c_str());
  for (const Stage& stage : stages) {
    std::printf("  %-9s %8.3f ms  (median of %zu; p90 %.3f)\n", stage.name, stage.timing.median,
                stage.timing.runs, stage.timing.p90);
  }
  return kExitOk;
}

}  // namespace

int bench_command(std::span<const std::string> arguments) {
  BenchOptions options;
  CommandLine line(
      "mien bench [options]          measures the network alone\nmien bench PHOTO [options]    "
      "measures each stage from the file to the result");
  options.declare(line.options);
  const auto photos = line.parse(arguments);
  if (!photos) return kExitOk;
  if (photos->size() > 1)
    throw Error(ErrorCode::kInvalidArgument, "unexpected argument '" + (*photos)[1] + "'");
  if (options.layers && !photos->empty())
    throw Error(ErrorCode::kInvalidArgument,
                "--layers measures the network alone; leave out the photo");
  return photos->empty() ? bench_network(options) : bench_photo(options, photos->front());
}

}  // namespace mien::apps
