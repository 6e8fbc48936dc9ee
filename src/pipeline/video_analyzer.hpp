#pragma once

#include <map>
#include <vector>

#include "mien/analyzer.hpp"
#include "tracking/emotion_smoother.hpp"
#include "tracking/face_tracker.hpp"
#include "tracking/scene_cut.hpp"

namespace mien::pipeline {

struct VideoOptions {
  int detect_every =
      3;  ///< frames from one face detection to the next; one is never more than 0.2 s old
  tracking::SmoothingOptions smoothing;
  tracking::TrackerOptions tracker;
  double min_confidence =
      0;  ///< a face whose label's smoothed probability is below it is `uncertain`
};

/// A face of one frame.
struct TrackedFace {
  int number = 0;        ///< stays with the person, see FaceTracker
  bool detected = true;  ///< found in this frame; false: its box was carried on by motion
  Face face;  ///< probabilities smoothed, emotion with hysteresis, confidence its smoothed
              ///< probability
  std::size_t label = 0;  ///< index of the emotion in Analyzer::labels
};

/// Reads the frames of one film or camera, in order: detects faces in some, follows them through
/// all, and smooths their emotions over time. Knows nothing of files. Not thread safe; keeps a
/// reference to the analyzer.
class VideoAnalyzer {
 public:
  VideoAnalyzer(const Analyzer& analyzer, const VideoOptions& options)
      : analyzer_(analyzer), options_(options), tracker_(options.tracker) {}

  /// The faces of the frame shown at `seconds`, in the order of their numbers; boxes in its pixels.
  std::vector<TrackedFace> analyze(const ImageView& frame, double seconds);

 private:
  bool detection_is_due(double seconds) const;

  const Analyzer& analyzer_;
  VideoOptions options_;
  tracking::SceneCut is_cut_;
  tracking::FaceTracker tracker_;
  std::map<int, tracking::EmotionSmoother> smoothers_;  // by number
  int frames_since_detection_ = 0;
  double last_detection_ = -1e9;
};

}  // namespace mien::pipeline
