#pragma once

#include <map>
#include <vector>

#include "mien/analyzer.hpp"
#include "mien/baseline.hpp"
#include "tracking/emotion_smoother.hpp"
#include "tracking/face_tracker.hpp"
#include "tracking/scene_cut.hpp"

namespace mien::pipeline {

struct VideoOptions {
  /// Frames from one face detection to the next; detections are never more than 0.2 s apart.
  int detect_every = 3;
  tracking::SmoothingOptions smoothing;
  tracking::TrackerOptions tracker;
  /// A face is `uncertain` if its label's smoothed probability is below this.
  double min_confidence = kDefaultMinConfidence;
  /// Seconds in which half of a person's baseline is replaced (Baseline, a running mean that is
  /// subtracted before smoothing); it takes full effect after a few of them. 0: no baseline.
  double baseline_half_life = 0;
  double baseline_strength = 1;  ///< part of the running mean that is subtracted
};

/// A face in one frame.
struct TrackedFace {
  int number = 0;        ///< of the person's track, see FaceTracker
  bool detected = true;  ///< found in this frame; false: its box is predicted from earlier frames
  Face face;  ///< probabilities smoothed, emotion with hysteresis, confidence its smoothed
              ///< probability
  std::size_t label = 0;  ///< index of the emotion in Analyzer::labels
};

/// Analyzes the frames of one video or camera, in order: detects faces in some, tracks them through
/// all, and smooths their emotions over time. Reads no files. Not thread safe; keeps a reference to
/// the analyzer.
class VideoAnalyzer {
 public:
  /// Throws Error kInvalidArgument for an option out of its range.
  VideoAnalyzer(const Analyzer& analyzer, const VideoOptions& options);

  /// The faces of the frame shown at `seconds`, in the order of their numbers; boxes in its pixels.
  std::vector<TrackedFace> analyze(const ImageView& frame, double seconds);

 private:
  struct Person {
    tracking::EmotionSmoother smoother;
    Baseline baseline;
    double last_seen;
  };
  bool detection_is_due(double seconds) const;
  void subtract_baseline(Person& person, double seconds, std::vector<float>& probabilities) const;

  const Analyzer& analyzer_;
  VideoOptions options_;
  tracking::SceneCut is_cut_;
  tracking::FaceTracker tracker_;
  std::map<int, Person> persons_;  // by number
  int frames_since_detection_ = 0;
  double last_detection_ = -1e9;
};

}  // namespace mien::pipeline
