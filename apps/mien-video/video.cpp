#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <map>
#include <optional>

#include "base/file.hpp"
#include "base/options.hpp"
#include "commands.hpp"
#include "common/exit_code.hpp"
#include "common/interrupt.hpp"
#include "common/output_file.hpp"
#include "common/progress.hpp"
#include "frame_converter.hpp"
#include "pipeline/video_analyzer.hpp"
#include "row_writer.hpp"
#include "summary.hpp"
#include "timeline.hpp"
#include "video_source.hpp"
#include "video_writer.hpp"
#include "vision/annotate.hpp"
#include "vision/face_detector.hpp"

namespace mien::apps {
namespace {

struct Options {
  std::string model, detector = "auto", precision = "auto", format = "auto", output, annotate,
                     timeline, summary;
  int every = 1, detect_every = pipeline::VideoOptions{}.detect_every, min_face = 0;
  double per_second = 0, smoothing = tracking::SmoothingOptions{}.time_constant,
         keep = tracking::TrackerOptions{}.max_gap, min_confidence = kDefaultMinConfidence;
  bool help = false;

  void declare(base::OptionSet& o) {
    o.add(every, "every", "N", "read every Nth frame", {1, 1e6});
    o.add(per_second, "per-second", "N", "read N frames a second of the film; 0: by --every",
          {0, 1000});
    o.add(detect_every, "detect-every", "N",
          "look for faces in every Nth frame that is read; between, the tracker moves their boxes",
          {1, 1000});
    o.add_choice(format, "format", {"auto", "jsonl", "csv"},
                 "form of the rows; auto: csv where the output's name ends so, else jsonl");
    o.add(output, "output", "FILE", "write the rows there, not on standard output");
    o.short_name('o');
    o.add(annotate, "annotate", "FILE",
          "write the film there with boxes, numbers and bars drawn on it: .mp4, .mkv, .mov, .webm");
    o.add(timeline, "timeline", "FILE", "draw the emotions of each person over time: .svg, .png");
    o.add(summary, "summary", "FILE", "write the summary of the end as JSON too");
    o.add(smoothing, "smoothing", "SECONDS",
          "time constant of the probabilities; 0: as the network says", {0, 3600});
    o.add(keep, "keep", "SECONDS", "how long a face may be away and still get its number back",
          {0, 3600});
    o.add(model, "model", "FILE", "model file, or the name of a shipped one");
    o.add(detector, "detector", "NAME", "face detector: auto, hog, or an ONNX file of one");
    o.add(min_face, "min-face", "PIXELS", "smallest face looked for; 0: 40, more in large films",
          {0, 20000});
    o.add(min_confidence, "min-confidence", "P", "below this confidence a face is uncertain",
          {0, 1});
    o.add_choice(precision, "precision", {"auto", "f32", "bf16", "int8"},
                 "arithmetic of the network");
    o.add(help, "help", "print this");
    o.short_name('h');
  }
};

/// Which frames are read.
class FrameChoice {
 public:
  explicit FrameChoice(const Options& options)
      : every_(options.every), per_second_(options.per_second) {}
  bool operator()(const VideoFrame& frame) {
    if (per_second_ <= 0) return frame.number % every_ == 0;
    if (frame.seconds * per_second_ < due_ - 1e-6) return false;
    due_ = std::floor(frame.seconds * per_second_ + 1e-6) + 1;
    return true;
  }

 private:
  int every_;
  double per_second_, due_ = 0;
};

/// Film frames as the analyzer gets them: more than 1280 pixels show a face no better to the
/// networks.
FrameConverter small_frames(const VideoSource& source, int min_face) {
  constexpr double kEnough = 1280;
  const double longer = std::max(source.width(), source.height());
  const double scale = min_face > 0 ? 1 : std::min(1.0, kEnough / longer);
  const auto side = [&](int full) {
    return std::max(1, static_cast<int>(std::lround(full * scale)));
  };
  return {side(source.width()), side(source.height()), source.orientation()};
}

void scale_boxes(std::vector<pipeline::TrackedFace>& faces, float factor) {
  for (pipeline::TrackedFace& tracked : faces) {
    const DetectedFace large =
        vision::scaled({tracked.face.box, 0, tracked.face.landmarks}, factor, factor);
    tracked.face.box = large.box;
    tracked.face.landmarks = large.landmarks;
  }
}

/// The copy of the film with faces drawn on it.
class AnnotatedFilm {
 public:
  AnnotatedFilm(const std::filesystem::path& path, VideoSource& source,
                std::span<const std::string> labels)
      : frames_(source.width(), source.height(), source.orientation()),
        writer_(path, frames_.width(), frames_.height(), source.frames_per_second(),
                source.sound()),
        labels_(labels) {
    source.on_sound([this](const AVPacket& packet) { writer_.write_sound(packet); });
  }
  AnnotatedFilm(const AnnotatedFilm&) = delete;
  AnnotatedFilm& operator=(const AnnotatedFilm&) = delete;

  void add(const VideoFrame& frame, std::span<const pipeline::TrackedFace> faces) {
    const ImageView view = frames_(*frame.picture);
    if (faces.empty()) return writer_.write(view, frame.seconds);
    Image copy(view.width, view.height, view.format);
    for (int y = 0; y < view.height; ++y) std::copy_n(view.row(y), copy.stride(), copy.row(y));
    std::vector<vision::AnnotatedFace> drawn;
    for (const pipeline::TrackedFace& tracked : faces) {
      const Face& face = tracked.face;
      drawn.push_back(
          {.box = face.box,
           .title = base::format("%d  %s %.0f%%", tracked.number,
                                 std::string(display_label(face)).c_str(), 100 * face.confidence),
           .bars = {},
           .color = face.uncertain ? vision::kUncertainColor : vision::color_of(face.emotion)});
      for (std::size_t c = 0; c < labels_.size(); ++c)
        drawn.back().bars.emplace_back(labels_[c], face.probabilities[c]);
    }
    mien::vision::annotate(copy, drawn);
    writer_.write(copy, frame.seconds);
  }
  void close() { writer_.close(); }

 private:
  FrameConverter frames_;
  VideoWriter writer_;
  std::span<const std::string> labels_;
};

/// Refuses to write over the film itself, and two outputs into one file.
void check_outputs(const Options& options, const std::string& film) {
  std::map<std::filesystem::path, const char*> taken;
  for (const auto& [option, path] :
       {std::pair<const char*, const std::string&>{"--output", options.output},
        {"--annotate", options.annotate},
        {"--timeline", options.timeline},
        {"--summary", options.summary}}) {
    if (path.empty() || path == "-") continue;
    std::error_code error;
    if (std::filesystem::equivalent(path, film, error))
      throw Error(ErrorCode::kInvalidArgument, path + " is the film itself");
    const bool other = std::filesystem::exists(path, error) &&
                       !std::filesystem::is_regular_file(path, error);  // /dev/null
    const auto [first, is_new] = taken.emplace(
        std::filesystem::weakly_canonical(std::filesystem::absolute(path), error), option);
    if (!is_new && !other)
      throw Error(ErrorCode::kInvalidArgument, base::format("%s and %s name the same file, %s",
                                                            first->second, option, path.c_str()));
  }
}

int run(const Options& options, const std::string& name) {
  const Interrupt interrupt;
  check_outputs(options, name);
  VideoSource source(name, [] { return Interrupt::requested(); });
  // One thread: FFmpeg's threads decode the next frames and encode the last ones at the same time.
  const Analyzer analyzer = Analyzer::load(options.model, {.detector = options.detector,
                                                           .min_face = options.min_face,
                                                           .threads = 1,
                                                           .precision = options.precision});
  pipeline::VideoAnalyzer video(analyzer, {.detect_every = options.detect_every,
                                           .smoothing = {.time_constant = options.smoothing},
                                           .tracker = {.max_gap = options.keep},
                                           .min_confidence = options.min_confidence});
  tracking::EmotionLog log(analyzer.labels().size());
  // Written now too: a missing gnuplot or folder shows before an hour of film is read and not after
  // it.
  if (!options.timeline.empty()) write_timeline(log, analyzer.labels(), name, options.timeline);
  if (!options.summary.empty())
    base::write_file(options.summary, summary_json(log, analyzer.labels()));
  const bool csv =
      options.format == "csv" || (options.format == "auto" && options.output.ends_with(".csv"));
  const auto rows = make_row_writer(csv ? "csv" : "jsonl", analyzer.labels());
  OutputFile output(options.output);
  std::optional<AnnotatedFilm> film;
  if (!options.annotate.empty()) film.emplace(options.annotate, source, analyzer.labels());

  FrameConverter frames = small_frames(source, options.min_face);
  const float enlarge = static_cast<float>(std::max(source.width(), source.height())) /
                        static_cast<float>(std::max(frames.width(), frames.height()));
  FrameChoice is_chosen(options);
  std::vector<pipeline::TrackedFace> faces;
  std::int64_t count = 0;
  double end = 0;
  {
    ProgressBar bar("video", static_cast<std::int64_t>(std::ceil(source.seconds())), "seconds");
    output.write(rows->begin());
    while (const std::optional<VideoFrame> frame = source.next()) {
      if (is_chosen(*frame)) {
        faces = video.analyze(frames(*frame->picture), frame->seconds);
        scale_boxes(faces, enlarge);
        std::string text;
        std::vector<tracking::EmotionLog::Entry> entries;
        for (const pipeline::TrackedFace& face : faces) {
          text += rows->row(frame->number, frame->seconds, face);
          entries.push_back({face.number, face.label, face.face.probabilities});
        }
        if (!text.empty() && output.is_terminal()) bar.clear();
        output.write(text);
        log.add(frame->seconds, entries);
      }
      if (film) film->add(*frame, faces);
      end = frame->seconds + 1 / source.frames_per_second();
      ++count;
      bar.update(static_cast<std::int64_t>(frame->seconds),
                 base::format("%lld frames", static_cast<long long>(count)));
    }
  }
  log.finish(end);
  std::fprintf(stderr, "%s: %lld %s, %s\n%s", name.c_str(), static_cast<long long>(count),
               count == 1 ? "frame" : "frames", clock_text(end).c_str(),
               summary_text(log, analyzer.labels()).c_str());
  output.close();
  if (film) film->close();
  if (!options.timeline.empty()) write_timeline(log, analyzer.labels(), name, options.timeline);
  if (!options.summary.empty())
    base::write_file(options.summary, summary_json(log, analyzer.labels()));
  if (Interrupt::requested()) {
    std::fprintf(stderr, "mien: %s: stopped after %.1f seconds; what was read is written\n",
                 name.c_str(), end);
    return kExitInterrupted;
  }
  const std::string trouble = source.trouble();
  if (count == 0)
    throw Error(ErrorCode::kBadFormat,
                name + ": no frame could be read" + (trouble.empty() ? "" : ": " + trouble));
  if (trouble.empty()) return kExitOk;
  std::fprintf(stderr, "mien: %s: %s; what could be read is written\n", name.c_str(),
               trouble.c_str());
  return kExitIncomplete;
}

}  // namespace

int video_command(std::span<const std::string> arguments) {
  Options options;
  base::OptionSet set;
  options.declare(set);
  const std::vector<std::string> names = set.parse(arguments);
  if (options.help) {
    std::printf(
        "mien video FILE|URL|camera:0 [options]\n\nReads a film or a camera: one row a face a "
        "frame, as they come. '-' is standard input.\n\n%s",
        set.help().c_str());
    return kExitOk;
  }
  if (names.size() != 1)
    throw Error(ErrorCode::kInvalidArgument, "name one film: mien video film.mp4");
  if (options.per_second > 0 && options.every > 1)
    throw Error(ErrorCode::kInvalidArgument, "--every and --per-second exclude each other");
  return run(options, names[0]);
}

}  // namespace mien::apps
