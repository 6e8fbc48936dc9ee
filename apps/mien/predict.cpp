#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <thread>

#include "annotated_copies.hpp"
#include "base/file.hpp"
#include "base/options.hpp"
#include "commands.hpp"
#include "common/interrupt.hpp"
#include "common/progress.hpp"
#include "inputs.hpp"
#include "mien/analyzer.hpp"
#include "mien/error.hpp"
#include "photo_result.hpp"
#include "pipeline/ordered_parallel.hpp"
#include "result_file.hpp"
#include "vision/face_detector.hpp"

namespace mien::apps {
namespace {

struct PredictOptions {
  std::string model, head, annotate, list, shard = "1/1", output;
  std::string detector = "auto", precision = "auto", format = "text", faces = "all";
  int min_face = 0, threads = 0;
  double min_confidence = kDefaultMinConfidence;
  bool contempt = false, crop = false, help = false;

  void declare(base::OptionSet& o) {
    o.add(model, "model", "FILE", "model file, or the name of a shipped one");
    o.add(head, "head", "NAME", "head that answers, of a network with several (fer2013, ferplus)");
    o.add(contempt, "contempt", "answer contempt too, where the head knows it");
    o.add(detector, "detector", "NAME", "face detector: auto, hog, or an ONNX file of one");
    o.add_choice(faces, "faces", {"all", "largest", "one"},
                 "which faces: all; the largest; or exactly one, where a photo with none or "
                 "several is rejected");
    o.add(min_face, "min-face", "PIXELS",
          "smallest face looked for, at least an 80th or so of a photo's longer side; 0: 40, more "
          "in large photos",
          {0, 20000});
    o.add(min_confidence, "min-confidence", "P", "below this confidence a face is uncertain",
          {0, 1});
    o.add(crop, "crop", "the photos are cropped faces already: no face detector");
    o.add_choice(format, "format", {"text", "json", "jsonl", "csv"},
                 "form of the result on standard output");
    o.add(annotate, "annotate", "DIR",
          "write a copy of each photo there with boxes and bars drawn on it");
    o.add_choice(precision, "precision", {"auto", "f32", "bf16", "int8"},
                 "arithmetic of the network");
    o.add(
        list, "list", "FILE",
        "more photos: a list of files and folders, one a line or ended by NUL; -: standard input");
    o.add(shard, "shard", "I/N", "take only the Ith of N parts of the photos, by their paths");
    o.add(output, "output", "FILE",
          "with --format jsonl: write there, and go on where an earlier run with the same options "
          "ended");
    o.short_name('o');
    o.add(threads, "threads", "N", "threads in all, 0: one a core", {0, 1024});
    o.add(help, "help", "print this");
    o.short_name('h');
  }
};

class Predictor {
 public:
  Predictor(const PredictOptions& options, int threads_a_photo)
      : options_(options),
        analyzer_(Analyzer::load(options.model, {.detector = options.detector,
                                                 .min_face = options.min_face,
                                                 .threads = threads_a_photo,
                                                 .head = options.head,
                                                 .contempt = options.contempt,
                                                 .precision = options.precision,
                                                 .min_confidence = options.min_confidence})) {}

  /// Never throws for what is wrong with one photo: that goes into the result.
  PhotoResult predict(const PhotoInput& photo) const {
    const std::string& path = photo.path;
    PhotoResult result{.path = path, .error = photo.error};
    if (result.error) return result;
    try {
      if (options_.crop) {
        const Image picture = read_image(path);
        result.width = picture.width();
        result.height = picture.height();
        result.faces.push_back(analyzer_.classify(picture));
      } else {
        PhotoAnalysis analysis = analyzer_.analyze_file(path);
        result.width = analysis.width;
        result.height = analysis.height;
        result.faces = std::move(analysis.faces);
      }
      select_faces(result);
    } catch (const std::exception& error) {
      // The path stands before the message already.
      std::string message = error.what();
      if (message.starts_with(path + ": ")) message.erase(0, path.size() + 2);
      result.error = message;
    }
    if (photo.copy.empty() || result.error) return result;
    try {
      write_annotated(read_image(path), result.faces, analyzer_.labels(), photo.copy);
      result.annotated = photo.copy;
    } catch (const std::exception& error) {
      result.copy_error = error.what();
    }
    return result;
  }

  const Analyzer& analyzer() const { return analyzer_; }

 private:
  void select_faces(PhotoResult& result) const {
    if (options_.faces == "largest" && result.faces.size() > 1) result.faces.resize(1);
    if (options_.faces != "one" || result.faces.size() == 1) return;
    result.error =
        result.faces.empty()
            ? std::string("rejected: no face found")
            : base::format("rejected: %zu faces found, exactly one is wanted", result.faces.size());
    result.faces.clear();
  }

  const PredictOptions& options_;
  Analyzer analyzer_;
};

/// Takes out the photos that the file holds already, and returns how many of them failed then.
std::size_t leave_out_held(std::vector<PhotoInput>& photos, ResultFile& file) {
  std::size_t failed = 0;
  const std::size_t left = std::erase_if(photos, [&](const PhotoInput& photo) {
    const ResultFile::Held held = file.take(photo);
    if (held == ResultFile::Held::kError) ++failed;
    return held != ResultFile::Held::kNo;
  });
  if (left > 0)
    std::fprintf(stderr, "mien: %zu of %zu photos were done before\n", left, left + photos.size());
  return failed;
}

void check_combinations(const PredictOptions& options, std::span<const std::string> paths) {
  if (paths.empty() && options.list.empty())
    throw Error(ErrorCode::kInvalidArgument, "no photo given: mien predict photo.jpg");
  if (!options.output.empty() && options.format != "jsonl") {
    throw Error(ErrorCode::kInvalidArgument, "--output is for JSON lines: add --format jsonl");
  }
  if (!options.annotate.empty() && shard_from_string(options.shard).count > 1) {
    throw Error(
        ErrorCode::kInvalidArgument,
        "--annotate does not go with --shard: copies of photos of the same name would meet");
  }
}

}  // namespace

int predict_command(std::span<const std::string> arguments) {
  PredictOptions options;
  base::OptionSet set;
  options.declare(set);
  const std::vector<std::string> paths = set.parse(arguments);
  if (options.help) {
    std::printf(
        "mien predict PHOTO... [options]\n\nFiles, folders, patterns; '-' reads a list of paths "
        "from standard input.\n\n%s",
        set.help().c_str());
    return kExitOk;
  }
  check_combinations(options, paths);
  std::vector<PhotoInput> photos =
      collect_photos(paths, options.list, shard_from_string(options.shard), options.annotate);
  if (!options.annotate.empty()) name_copies(options.annotate, photos);
  const std::size_t all = photos.size();

  std::unique_ptr<ResultFile> file;
  std::size_t failed = 0;
  if (!options.output.empty()) {
    file = std::make_unique<ResultFile>(options.output);
    failed = leave_out_held(photos, *file);
  }
  const auto print = [&](const std::string& text) {
    if (file) return file->append(text);
    std::fputs(text.c_str(), stdout);
    std::fflush(stdout);
  };

  const int threads = options.threads > 0
                          ? options.threads
                          : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  const int workers = std::clamp<int>(static_cast<int>(photos.size()), 1, threads);
  const Predictor predictor(options, workers > 1 ? 1 : std::min(threads, vision::kMaxThreads));
  const auto writer = make_result_writer(options.format, predictor.analyzer().labels());
  const bool shares_terminal = !file && ::isatty(STDOUT_FILENO) != 0;
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
          print(writer->photo(result));
          done = i + 1;
          if (photos.size() > 1)
            bar.update(static_cast<std::int64_t>(done),
                       failed > 0 ? base::format("%zu failed", failed) : "");
          return !Interrupt::requested();
        });
  }
  print(writer->end());
  if (done < photos.size()) {
    std::fprintf(stderr, "mien: stopped after %zu of %zu photos\n", done, photos.size());
    return kExitInterrupted;
  }
  if (failed > 0 && all > 1) std::fprintf(stderr, "mien: %zu of %zu photos failed\n", failed, all);
  return failed > 0 ? kExitFailed : kExitOk;
}

}  // namespace mien::apps
