#include "pipeline/video_analyzer.hpp"

#include <algorithm>

namespace mien::pipeline {
namespace {

constexpr double kLongestCarry =
    0.2;  ///< seconds that a box is trusted without a look at the picture

}  // namespace

bool VideoAnalyzer::detection_is_due(double seconds) const {
  return frames_since_detection_ + 1 >= options_.detect_every ||
         seconds - last_detection_ >= kLongestCarry;
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
    tracking::EmotionSmoother& smoother =
        smoothers_.try_emplace(out[i].number, options_.smoothing).first->second;
    smoother.update(seconds, faces[i].probabilities);
    out[i].face = std::move(faces[i]);
    out[i].face.probabilities = smoother.probabilities();
    out[i].label = smoother.label();
    out[i].face.emotion = *emotion_from_string(analyzer_.labels()[out[i].label]);
    out[i].face.confidence = smoother.probabilities()[out[i].label];
    out[i].face.uncertain = out[i].face.confidence < options_.min_confidence;
  }
  std::erase_if(smoothers_, [&](const auto& entry) {
    return std::ranges::find(tracks, entry.first, &tracking::Track::number) == tracks.end();
  });
  return out;
}

}  // namespace mien::pipeline
