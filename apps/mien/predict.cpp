#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <set>
#include <thread>

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
#include "vision/annotate.hpp"
#include "vision/crop.hpp"
#include "vision/encode.hpp"
#include "vision/palette.hpp"

namespace mien::apps {
namespace {

struct PredictOptions {
  std::string model, annotate;
  std::string detector = "auto", precision = "auto", format = "text", faces = "all";
  int min_face = 0, threads = 0;
  bool crop = false, help = false;

  void declare(OptionSet& o) {
    o.add(model, "model", "FILE", "model file, or the name of a shipped one");
    o.add(detector, "detector", "NAME", "face detector: auto, hog, or an ONNX file of one");
    o.add_choice(faces, "faces", {"all", "largest", "one"},
                 "which faces: all; the largest; or exactly one, where a photo with none or several is rejected");
    o.add(min_face, "min-face", "PIXELS", "smallest face looked for; 0: 40, more in large photos", {0, 20000});
    o.add(crop, "crop", "the photos are cropped faces already: no face detector");
    o.add_choice(format, "format", {"text", "json", "jsonl", "csv"}, "form of the result on standard output");
    o.add(annotate, "annotate", "DIR", "write a copy of each photo there with boxes and bars drawn on it");
    o.add_choice(precision, "precision", {"auto", "f32", "bf16", "int8"}, "arithmetic of the network");
    o.add(threads, "threads", "N", "threads in all, 0: one a core", {0, 1024});
    o.add(help, "help", "print this");
    o.short_name('h');
  }
};

/// A name in `folder` for each photo's copy. One that another copy or a photo itself has already gets a number.
std::vector<std::filesystem::path> annotated_names(const std::filesystem::path& folder, const std::vector<PhotoInput>& photos) {
  const auto identity = [](const std::filesystem::path& path) {
    std::error_code error;
    const std::filesystem::path canonical = std::filesystem::weakly_canonical(path, error);
    return error ? path : canonical;
  };
  std::set<std::filesystem::path> taken;
  for (const PhotoInput& photo : photos) taken.insert(identity(photo.path));
  std::vector<std::filesystem::path> names;
  std::map<std::string, int> seen;
  for (const PhotoInput& photo : photos) {
    const std::filesystem::path path(photo.path);
    const std::string stem = path.stem().string(), extension = path.extension() == ".png" ? ".png" : ".jpg";
    std::filesystem::path name;
    do {
      const int count = ++seen[stem + extension];
      name = folder / (stem + (count > 1 ? "-" + std::to_string(count) : "") + extension);
    } while (!taken.insert(identity(name)).second);
    names.push_back(name);
  }
  return names;
}

void write_annotated(const ImageView& photo, const std::vector<Face>& faces, const std::vector<std::string>& labels,
                     const std::filesystem::path& path) {
  std::vector<AnnotatedFace> drawn;
  for (const Face& face : faces) {
    AnnotatedFace one{.box = face.box, .title = format("%s %.0f%%", std::string(to_string(face.emotion)).c_str(), 100 * face.confidence),
                      .bars = {}, .colour = colour_of(face.emotion)};
    for (std::size_t c = 0; c < labels.size(); ++c) one.bars.emplace_back(labels[c], face.probabilities[c]);
    drawn.push_back(std::move(one));
  }
  Image copy = to_rgb(photo);
  annotate(copy, drawn);
  write_file(path, path.extension() == ".png" ? encode_png(copy) : encode_jpeg(copy, 92));
}

class Predictor {
 public:
  Predictor(const PredictOptions& options, int threads_a_photo)
      : options_(options),
        analyzer_(Analyzer::load(options.model, {.detector = options.detector, .min_face = options.min_face,
                                                 .threads = threads_a_photo, .precision = options.precision})) {}

  /// Never throws for what is wrong with one photo: that goes into the result.
  PhotoResult predict(const PhotoInput& photo, const std::filesystem::path& annotated) const {
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
      if (!annotated.empty() && !result.error) {
        write_annotated(read_image(path), result.faces, analyzer_.labels(), annotated);
        result.annotated = annotated.string();
      }
    } catch (const std::exception& error) {
      // The path stands before the message already.
      std::string message = error.what();
      if (message.starts_with(path + ": ")) message.erase(0, path.size() + 2);
      result.error = message;
    }
    return result;
  }

  const Analyzer& analyzer() const { return analyzer_; }

 private:
  void select_faces(PhotoResult& result) const {
    if (options_.faces == "largest" && result.faces.size() > 1) result.faces.resize(1);
    if (options_.faces != "one" || result.faces.size() == 1) return;
    result.error = result.faces.empty() ? std::string("rejected: no face found")
                                        : format("rejected: %zu faces found, exactly one is wanted", result.faces.size());
    result.faces.clear();
  }

  const PredictOptions& options_;
  Analyzer analyzer_;
};

}  // namespace

int predict_command(std::span<const std::string> arguments) {
  PredictOptions options;
  OptionSet set;
  options.declare(set);
  const std::vector<std::string> paths = set.parse(arguments);
  if (options.help) {
    std::printf("mien predict PHOTO... [options]\n\nFiles, folders, patterns; '-' reads a list of paths from standard input.\n\n%s",
                set.help().c_str());
    return kExitOk;
  }
  if (paths.empty()) throw Error(ErrorCode::kInvalidArgument, "no photo given: mien predict photo.jpg");
  const std::vector<PhotoInput> photos = collect_photos(paths);
  if (photos.empty()) throw Error(ErrorCode::kInvalidArgument, "the list on standard input is empty");
  std::vector<std::filesystem::path> copies(photos.size());
  if (!options.annotate.empty()) {
    std::error_code error;
    std::filesystem::create_directories(options.annotate, error);
    if (error) throw Error(ErrorCode::kIo, options.annotate + ": cannot make the folder: " + error.message());
    copies = annotated_names(options.annotate, photos);
  }

  const int threads = options.threads > 0 ? options.threads : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  const int workers = std::min<int>(threads, static_cast<int>(photos.size()));
  const Predictor predictor(options, workers > 1 ? 1 : threads);
  const auto writer = make_result_writer(options.format, predictor.analyzer().labels());
  const bool shares_terminal = ::isatty(STDOUT_FILENO) != 0;
  const Interrupt interrupt;
  std::size_t failed = 0;
  std::size_t done = 0;
  std::fputs(writer->begin().c_str(), stdout);
  {
    ProgressBar bar("predict", static_cast<std::int64_t>(photos.size()), "photos");
    ordered_parallel(
        photos.size(), workers, [&](std::size_t i) { return predictor.predict(photos[i], copies[i]); },
        [&](std::size_t i, const PhotoResult& result) {
          if (shares_terminal) bar.clear();
          if (result.error) ++failed;
          std::fputs(writer->photo(result).c_str(), stdout);
          std::fflush(stdout);
          done = i + 1;
          if (photos.size() > 1) bar.update(static_cast<std::int64_t>(done), failed > 0 ? format("%zu failed", failed) : "");
          return !Interrupt::requested();
        });
  }
  std::fputs(writer->end().c_str(), stdout);
  if (done < photos.size()) {
    std::fprintf(stderr, "mien: stopped after %zu of %zu photos\n", done, photos.size());
    return kExitInterrupted;
  }
  if (failed > 0 && photos.size() > 1) std::fprintf(stderr, "mien: %zu of %zu photos failed\n", failed, photos.size());
  return failed > 0 ? kExitFailed : kExitOk;
}

}  // namespace mien::apps
