#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <map>
#include <optional>
#include <utility>

#include "base/file.hpp"
#include "commands.hpp"
#include "common/analyzer_options.hpp"
#include "common/command_line.hpp"
#include "common/exit_code.hpp"
#include "common/interrupt.hpp"
#include "common/output_file.hpp"
#include "common/progress.hpp"
#include "frame_converter.hpp"
#include "mien/baseline.hpp"
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
  AnalyzerSettings analyzer;
  std::string format = "auto", output, annotate, timeline, summary;
  int every = 1, detect_every = pipeline::VideoOptions{}.detect_every;
  double fps = 0, smoothing = tracking::SmoothingOptions{}.time_constant,
         max_gap = tracking::TrackerOptions{}.max_gap, baseline = 0, half_life = 0;

  void declare(base::OptionSet& o) {
    o.add(every, "every", "N", "analyze every Nth frame", {1, 1e6});
    o.add(fps, "fps", "N", "analyze N frames per second of the video; 0: use --every", {0, 1000});
    o.alias("per-second");
    o.add(detect_every, "detect-every", "N",
          "detect faces in every Nth analyzed frame; the tracker predicts the boxes in between",
          {1, 1000});
    o.add_choice(format, "format", {"auto", "jsonl", "csv"},
                 "format of the rows; auto: csv if the name of --output ends in .csv, otherwise "
                 "jsonl");
    o.add(output, "output", "FILE", "write the rows to FILE instead of standard output");
    o.short_name('o');
    o.add(annotate, "annotate", "FILE",
          "write a copy of the video with boxes, numbers and bars: .mp4, .mkv, .mov, .webm");
    o.add(timeline, "timeline", "FILE", "plot each person's emotions over time: .svg, .png");
    o.add(summary, "summary", "FILE", "write the summary as JSON");
    o.add(smoothing, "smoothing", "SECONDS", "time constant of the probabilities; 0: no smoothing",
          {0, 3600});
    o.add(max_gap, "max-gap", "SECONDS",
          "maximum time out of sight after which a face keeps its number", {0, 3600});
    o.alias("keep");
    o.add(baseline, "baseline", "SECONDS",
          "report expressions relative to each person's own mean in their first SECONDS, which "
          "should be neutral; 0: off",
          {0, 3600});
    o.add(half_life, "baseline-half-life", "SECONDS",
          "the same relative to a running mean with this half-life; 0: off", {0, 86400});
    analyzer.declare(o);
  }
};

/// Each person's probabilities relative to their own baseline.
class PersonBaselines {
 public:
  PersonBaselines(const Options& options, std::vector<std::string> labels)
      : options_(options), labels_(std::move(labels)) {}

  void apply(pipeline::TrackedFace& tracked, double seconds) {
    if (options_.baseline <= 0 && options_.half_life <= 0) return;
    auto [found, is_new] = people_.try_emplace(tracked.number, labels_);
    Person& person = found->second;
    if (is_new) person.first = person.last = seconds;
    const double elapsed = is_new ? 1 / kMaxRate : seconds - std::exchange(person.last, seconds);
    if (options_.half_life > 0) person.mean.decay(std::exp2(-elapsed / options_.half_life));
    const bool learning = options_.half_life > 0 || seconds - person.first < options_.baseline;
    if (learning) person.mean.add(tracked.face, elapsed);
    if (learning && options_.half_life <= 0) return;
    tracked.face = person.mean.apply(tracked.face, 1, options_.analyzer.options.min_confidence);
    tracked.label = static_cast<std::size_t>(
        std::ranges::find(labels_, to_string(tracked.face.emotion)) - labels_.begin());
  }

 private:
  static constexpr double kMaxRate = 1000;  // frames/s
  struct Person {
    explicit Person(const std::vector<std::string>& labels) : mean(labels) {}
    Baseline mean;
    double first = 0, last = 0;  // seconds
  };
  const Options& options_;
  std::vector<std::string> labels_;
  std::map<int, Person> people_;  // by number
};

/// Selects the frames to analyze.
class FrameChoice {
 public:
  explicit FrameChoice(const Options& options) : every_(options.every), fps_(options.fps) {}
  bool operator()(const VideoFrame& frame) {
    if (fps_ <= 0) return frame.number % every_ == 0;
    if (frame.seconds * fps_ < due_ - 1e-6) return false;
    due_ = std::floor(frame.seconds * fps_ + 1e-6) + 1;
    return true;
  }

 private:
  int every_;
  double fps_, due_ = 0;
};

/// Frames for the analyzer. By default they have at most 1280 pixels: larger faces do not improve
/// the predictions.
FrameConverter small_frames(const VideoSource& source, int min_face) {
  constexpr double kMaxSide = 1280;
  const double longer = std::max(source.width(), source.height());
  const double scale = min_face > 0 ? 1 : std::min(1.0, kMaxSide / longer);
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

/// The copy of the video with annotated faces.
class AnnotatedVideo {
 public:
  AnnotatedVideo(const std::filesystem::path& path, VideoSource& source,
                 std::span<const std::string> labels)
      : frames_(source.width(), source.height(), source.orientation()),
        writer_(path, frames_.width(), frames_.height(), source.frames_per_second(),
                source.sound()),
        labels_(labels) {
    source.on_sound([this](const AVPacket& packet) { writer_.write_sound(packet); });
  }
  AnnotatedVideo(const AnnotatedVideo&) = delete;
  AnnotatedVideo& operator=(const AnnotatedVideo&) = delete;

  void add(const VideoFrame& frame, std::span<const pipeline::TrackedFace> faces) {
    const ImageView view = frames_(*frame.image);
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

/// Rejects outputs that would overwrite the video or each other.
void check_outputs(const Options& options, const std::string& video) {
  std::map<std::filesystem::path, const char*> taken;
  for (const auto& [option, path] :
       {std::pair<const char*, const std::string&>{"--output", options.output},
        {"--annotate", options.annotate},
        {"--timeline", options.timeline},
        {"--summary", options.summary}}) {
    if (path.empty() || path == "-") continue;
    std::error_code error;
    if (std::filesystem::equivalent(path, video, error))
      throw Error(ErrorCode::kInvalidArgument,
                  path + ": would overwrite the video; give another file");
    const bool other = std::filesystem::exists(path, error) &&
                       !std::filesystem::is_regular_file(path, error);  // /dev/null
    const auto [first, is_new] = taken.emplace(
        std::filesystem::weakly_canonical(std::filesystem::absolute(path), error), option);
    if (!is_new && !other)
      throw Error(ErrorCode::kInvalidArgument,
                  base::format("%s and %s name the same file, %s; give two files", first->second,
                               option, path.c_str()));
  }
}

int run(const Options& options, const std::string& name) {
  const Interrupt interrupt;
  check_outputs(options, name);
  VideoSource source(name, [] { return Interrupt::requested(); });
  // One thread: FFmpeg's threads decode the next frames and encode the last ones at the same time.
  const Analyzer analyzer = options.analyzer.load(1);
  pipeline::VideoAnalyzer video(analyzer,
                                {.detect_every = options.detect_every,
                                 .smoothing = {.time_constant = options.smoothing},
                                 .tracker = {.max_gap = options.max_gap},
                                 .min_confidence = options.analyzer.options.min_confidence});
  tracking::EmotionLog log(analyzer.labels().size());
  // Written now too, to report a missing gnuplot or folder before the analysis.
  if (!options.timeline.empty()) write_timeline(log, analyzer.labels(), name, options.timeline);
  if (!options.summary.empty())
    base::write_file(options.summary, summary_json(log, analyzer.labels()));
  const bool csv =
      options.format == "csv" || (options.format == "auto" && options.output.ends_with(".csv"));
  const auto rows = make_row_writer(csv ? "csv" : "jsonl", analyzer.labels());
  OutputFile output(options.output);
  std::optional<AnnotatedVideo> copy;
  if (!options.annotate.empty()) copy.emplace(options.annotate, source, analyzer.labels());

  FrameConverter frames = small_frames(source, options.analyzer.options.min_face);
  const float upscale = static_cast<float>(std::max(source.width(), source.height())) /
                        static_cast<float>(std::max(frames.width(), frames.height()));
  FrameChoice is_chosen(options);
  PersonBaselines baselines(options, analyzer.labels());
  std::vector<pipeline::TrackedFace> faces;
  std::int64_t count = 0;
  double end = 0;
  {
    ProgressBar bar("video", static_cast<std::int64_t>(std::ceil(source.seconds())), "seconds");
    output.write(rows->begin());
    while (const std::optional<VideoFrame> frame = source.next()) {
      if (is_chosen(*frame)) {
        faces = video.analyze(frames(*frame->image), frame->seconds);
        for (pipeline::TrackedFace& face : faces) baselines.apply(face, frame->seconds);
        scale_boxes(faces, upscale);
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
      if (copy) copy->add(*frame, faces);
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
  if (copy) copy->close();
  if (!options.timeline.empty()) write_timeline(log, analyzer.labels(), name, options.timeline);
  if (!options.summary.empty())
    base::write_file(options.summary, summary_json(log, analyzer.labels()));
  if (Interrupt::requested()) {
    std::fprintf(stderr,
                 "mien: %s: stopped after %.1f seconds; the results up to there are written\n",
                 name.c_str(), end);
    return kExitInterrupted;
  }
  const std::string trouble = source.trouble();
  if (count == 0)
    throw Error(ErrorCode::kBadFormat,
                name + ": cannot read any frame" + (trouble.empty() ? "" : ": " + trouble));
  if (trouble.empty()) return kExitOk;
  std::fprintf(stderr, "mien: %s: %s; the results up to there are written\n", name.c_str(),
               trouble.c_str());
  return kExitIncomplete;
}

}  // namespace

int video_command(std::span<const std::string> arguments) {
  Options options;
  CommandLine line(
      "mien video FILE|URL|camera:0 [options]\n\nTracks the people in a video or before a camera "
      "and "
      "classifies their expressions: one row per face and\nframe. - reads standard input.");
  options.declare(line.options);
  const auto names = line.parse(arguments);
  if (!names) return kExitOk;
  if (names->size() != 1)
    throw Error(ErrorCode::kInvalidArgument,
                "mien video needs one video, such as mien video video.mp4");
  if (options.fps > 0 && options.every > 1)
    throw Error(ErrorCode::kInvalidArgument, "--every and --fps exclude each other");
  if (options.baseline > 0 && options.half_life > 0)
    throw Error(ErrorCode::kInvalidArgument,
                "--baseline and --baseline-half-life exclude each other");
  return run(options, names->front());
}

}  // namespace mien::apps
