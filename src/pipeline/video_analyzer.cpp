#include "pipeline/video_analyzer.hpp"

#include <algorithm>
#include <cmath>

#include "base/text.hpp"
#include "mien/error.hpp"
#include "pipeline/decision.hpp"

namespace mien::pipeline {
namespace {

constexpr double kMaxPrediction = 0.2;  // seconds that a box is predicted without a detection

}  // namespace

VideoAnalyzer::VideoAnalyzer(const Analyzer& analyzer, const VideoOptions& options)
    : analyzer_(analyzer), options_(options), tracker_(options.tracker) {
  check_min_confidence(options.min_confidence);
  const auto check = [](double value, const char* name) {
    if (!(value >= 0 && std::isfinite(value)))
      throw Error(ErrorCode::kInvalidArgument,
                  base::format("%s is %g; it must be 0 or more", name, value));
  };
  check(options.baseline_half_life, "baseline_half_life");
  check(options.baseline_strength, "baseline_strength");
}

void VideoAnalyzer::subtract_baseline(Person& person, double seconds,
                                      std::vector<float>& probabilities) const {
  const double kept =
      std::exp2(-std::max(seconds - person.last_seen, 0.0) / options_.baseline_half_life);
  person.last_seen = std::max(seconds, person.last_seen);
  person.baseline.decay(kept);
  person.baseline.add(probabilities, 1 - kept);
  // The weight grows from 0 to 1, so that the first frames are not taken for a resting face.
  probabilities =
      person.baseline.apply(probabilities, options_.baseline_strength * person.baseline.weight());
}

bool VideoAnalyzer::detection_is_due(double seconds) const {
  return frames_since_detection_ + 1 >= options_.detect_every ||
         seconds - last_detection_ >= kMaxPrediction;
}

std::vector<TrackedFace> VideoAnalyzer::analyze(const ImageView& frame, double seconds) {
  const bool cut = is_cut_(frame, seconds);
  if (cut) tracker_.forget();
  const bool detect = cut || detection_is_due(seconds);
  const std::vector<tracking::Track>& tracks =
      detect ? tracker_.update(seconds, analyzer_.detect(frame)) : tracker_.advance(seconds);
  frames_since_detection_ = detect ? 0 : frames_since_detection_ + 1;
  if (detect) last_detection_ = seconds;

  std::vector<DetectedFace> boxes;
  std::vector<TrackedFace> out;
  for (const tracking::Track& track : tracks) {
    if (!track.visible) continue;
    boxes.push_back({track.box, track.score, track.landmarks});
    out.push_back({.number = track.number, .detected = detect});
  }
  std::vector<Face> faces = analyzer_.classify(frame, boxes);
  for (std::size_t i = 0; i < out.size(); ++i) {
    Person& person =
        persons_
            .try_emplace(out[i].number, Person{tracking::EmotionSmoother(options_.smoothing),
                                               Baseline(analyzer_.labels()), seconds})
            .first->second;
    if (options_.baseline_half_life > 0) subtract_baseline(person, seconds, faces[i].probabilities);
    person.smoother.update(seconds, faces[i].probabilities);
    out[i].face = std::move(faces[i]);
    out[i].face.probabilities = person.smoother.probabilities();
    out[i].label = person.smoother.label();
    set_label(out[i].face, analyzer_.labels(), out[i].label, options_.min_confidence);
  }
  std::erase_if(persons_, [&](const auto& entry) {
    return std::ranges::find(tracks, entry.first, &tracking::Track::number) == tracks.end();
  });
  return out;
}

}  // namespace mien::pipeline
