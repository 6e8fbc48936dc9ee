#include <algorithm>
#include <cstdio>
#include <memory>
#include <thread>

#include "annotated_copies.hpp"
#include "base/text.hpp"
#include "commands.hpp"
#include "common/analyzer_options.hpp"
#include "common/command_line.hpp"
#include "common/interrupt.hpp"
#include "common/output_file.hpp"
#include "common/progress.hpp"
#include "inputs.hpp"
#include "mien/error.hpp"
#include "photo_result.hpp"
#include "pipeline/ordered_parallel.hpp"
#include "result_file.hpp"
#include "subjects.hpp"
#include "vision/decode.hpp"
#include "vision/face_detector.hpp"

namespace mien::apps {
namespace {

struct PredictOptions {
  AnalyzerSettings analyzer;
  std::string annotate, list, shard = "1/1", output, format, faces = "all", subject_by;
  int threads = 0;
  bool crop = false, baseline = false;

  void declare(base::OptionSet& o) {
    analyzer.declare(o);
    o.add_choice(faces, "faces", {"all", "largest", "one"},
                 "faces to report; one: a photo with no face or several faces is an error");
    o.add(crop, "crop", "the photos are cropped faces; do not run the face detector");
    o.add(annotate, "annotate", "DIR", "write a copy of each photo with boxes and bars to DIR");
    o.add(
        output, "output", "FILE",
        "write the result to FILE; JSON lines are appended, and photos that FILE already contains "
        "are skipped");
    o.short_name('o');
    o.add_choice(format, "format", {"text", "json", "jsonl", "csv"},
                 "format of the result; by default that of the extension of --output, or text");
    o.add(list, "list", "FILE",
          "read a list of photos and folders from FILE, one per line or terminated by NUL; -: "
          "standard input");
    o.add(shard, "shard", "I/N", "process only shard I of N; a photo's path determines its shard");
    o.add(subject_by, "subject-by", "folder|FILE",
          "with --baseline: the person in each photo, by its folder or a CSV file path,subject");
    o.add(
        baseline, "baseline",
        "report expressions relative to each person's own mean, which removes differences between "
        "resting faces; give varied photos of each person");
    o.add(threads, "threads", "N", "threads in total; 0: one per core", {0, 1024});
  }
};

class Predictor {
 public:
  Predictor(const PredictOptions& options, int threads_per_photo)
      : options_(options), analyzer_(options.analyzer.load(threads_per_photo)) {}

  /// A problem with the photo becomes part of the result. Throws only Error kInterrupted.
  PhotoResult predict(const PhotoInput& photo) const {
    PhotoResult result{.path = photo.path, .error = photo.error};
    if (result.error) return result;
    std::vector<std::byte> bytes;
    Image image;
    try {
      bytes = read_photo(photo.path);
      if (options_.crop || (!photo.copy.empty() && is_analyzed_in_full(bytes, photo.path))) {
        image = vision::decode_image(bytes, photo.path);
        result.width = image.width();
        result.height = image.height();
        result.faces =
            options_.crop ? std::vector{analyzer_.classify(image)} : analyzer_.analyze(image);
      } else {
        PhotoAnalysis analysis = analyzer_.analyze_encoded(bytes, photo.path);
        result.width = analysis.width;
        result.height = analysis.height;
        result.faces = std::move(analysis.faces);
      }
      select_faces(result);
    } catch (const std::exception& error) {
      const auto* own = dynamic_cast<const Error*>(&error);
      if (own != nullptr && own->code() == ErrorCode::kInterrupted) throw;
      result.error = message_without_path(error, photo.path);
    }
    if (photo.copy.empty() || result.error) return result;
    try {
      if (image.empty()) image = vision::decode_image(bytes, photo.path);
      write_annotated(image, result.faces, analyzer_.labels(), photo.copy);
      result.annotated = photo.copy;
    } catch (const std::exception& error) {
      result.copy_error = error.what();
    }
    return result;
  }

  const Analyzer& analyzer() const { return analyzer_; }

 private:
  /// Only large JPEGs are analyzed at a reduced size; others need one decoding for the copy as
  /// well.
  static bool is_analyzed_in_full(std::span<const std::byte> bytes, const std::string& path) {
    const vision::ImageInfo info = vision::read_image_info(bytes, path);
    return info.type != vision::ImageType::kJpeg ||
           std::max(info.width, info.height) < vision::kHalfSizeSide;
  }

  void select_faces(PhotoResult& result) const {
    if (options_.faces == "largest" && result.faces.size() > 1) result.faces.resize(1);
    if (options_.faces != "one" || result.faces.size() == 1) return;
    result.error = result.faces.empty()
                       ? std::string("no face found; --faces one needs exactly one face")
                       : base::format("%zu faces found; --faces one needs exactly one face",
                                      result.faces.size());
    result.faces.clear();
  }

  const PredictOptions& options_;
  Analyzer analyzer_;
};

/// Removes the photos that the file contains, and returns how many of them failed then.
std::size_t remove_done(std::vector<PhotoInput>& photos, ResultFile& file) {
  std::size_t failed = 0;
  const std::size_t done = std::erase_if(photos, [&](const PhotoInput& photo) {
    const ResultFile::Held held = file.take(photo);
    if (held == ResultFile::Held::kError) ++failed;
    return held != ResultFile::Held::kNo;
  });
  if (done > 0)
    std::fprintf(stderr, "mien: skipping %zu of %zu photos that are done\n", done,
                 done + photos.size());
  return failed;
}

std::string format_of(const PredictOptions& options) {
  if (!options.format.empty()) return options.format;
  const std::string extension = std::filesystem::path(options.output).extension().string();
  for (const char* format : {"json", "jsonl", "csv"}) {
    if (extension == std::string(".") + format) return format;
  }
  return "text";
}

void check_combinations(const PredictOptions& options, std::span<const std::string> paths) {
  if (paths.empty() && options.list.empty())
    throw Error(ErrorCode::kInvalidArgument, "no photo; give one, such as mien predict photo.jpg");
  if (!options.annotate.empty() && shard_from_string(options.shard).count > 1)
    throw Error(ErrorCode::kInvalidArgument,
                "--annotate and --shard exclude each other: photos of the same name in different "
                "folders would get one name");
  if (options.baseline == options.subject_by.empty())
    throw Error(ErrorCode::kInvalidArgument,
                "--baseline and --subject-by belong together; give both");
  if (options.baseline && !options.crop && options.faces == "all")
    throw Error(ErrorCode::kInvalidArgument,
                "--baseline needs one face per photo; add --faces largest or --faces one");
  if (options.baseline && !options.annotate.empty())
    throw Error(ErrorCode::kInvalidArgument, "--baseline and --annotate exclude each other");
}

}  // namespace

int predict_command(std::span<const std::string> arguments) {
  PredictOptions options;
  CommandLine line(
      "mien predict PHOTO... [options]\n\nFinds the faces in photos and classifies their "
      "expressions. PHOTO is a file, a folder, a pattern, or - for a\nlist of paths on standard "
      "input.");
  options.declare(line.options);
  const auto paths = line.parse(arguments);
  if (!paths) return kExitOk;
  check_combinations(options, *paths);
  std::vector<PhotoInput> photos =
      collect_photos(*paths, options.list, shard_from_string(options.shard), options.annotate);
  if (!options.annotate.empty()) name_copies(options.annotate, photos);
  const std::size_t all = photos.size();

  const std::string format = format_of(options);
  std::unique_ptr<ResultFile> resumed;
  std::unique_ptr<OutputFile> output;
  std::size_t failed = 0;
  if (format == "jsonl" && !options.output.empty() && !options.baseline) {
    resumed = std::make_unique<ResultFile>(options.output);
    failed = remove_done(photos, *resumed);
  } else {
    output = std::make_unique<OutputFile>(options.output);
  }
  const auto print = [&](const std::string& text) {
    resumed ? resumed->append(text) : output->write(text);
  };

  const int threads = options.threads > 0
                          ? options.threads
                          : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  const int workers = std::clamp<int>(static_cast<int>(photos.size()), 1, threads);
  const Predictor predictor(options, workers > 1 ? 1 : std::min(threads, vision::kMaxThreads));
  const auto writer = make_result_writer(format, predictor.analyzer().labels());
  std::vector<std::string> subjects;
  if (options.baseline) {
    const Subjects by(options.subject_by);
    for (const PhotoInput& photo : photos) subjects.push_back(by.of(photo.path));
  }
  std::vector<PhotoResult> kept;  // with --baseline: all results, before they are printed
  const bool shares_terminal = output && output->is_terminal();
  const Interrupt interrupt;
  std::size_t done = 0;
  print(writer->begin());
  {
    ProgressBar bar("predict", static_cast<std::int64_t>(photos.size()), "photos");
    pipeline::ordered_parallel(
        photos.size(), workers, [&](std::size_t i) { return predictor.predict(photos[i]); },
        [&](std::size_t i, const PhotoResult& result) {
          if (shares_terminal) bar.clear();
          if (result.error || result.copy_error) ++failed;
          if (options.baseline)
            kept.push_back(result);
          else
            print(writer->photo(result));
          done = i + 1;
          if (photos.size() > 1)
            bar.update(static_cast<std::int64_t>(done),
                       failed > 0 ? base::format("%zu failed", failed) : "");
          return !Interrupt::requested();
        });
  }
  apply_baselines(kept, subjects, predictor.analyzer().labels(),
                  options.analyzer.options.min_confidence);
  for (const PhotoResult& result : kept) print(writer->photo(result));
  print(writer->end());
  if (output) output->close();
  if (done < photos.size()) {
    std::fprintf(stderr, "mien: stopped after %zu of %zu photos\n", done, photos.size());
    return kExitInterrupted;
  }
  if (failed > 0 && all > 1) std::fprintf(stderr, "mien: %zu of %zu photos failed\n", failed, all);
  return failed > 0 ? kExitFailed : kExitOk;
}

}  // namespace mien::apps
