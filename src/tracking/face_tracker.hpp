#pragma once

#include <optional>
#include <span>
#include <vector>

#include "mien/face.hpp"
#include "tracking/box_motion.hpp"

namespace mien::tracking {

/// One person's face through a video.
struct Track {
  int number = 0;                      ///< from 1, never reused
  Box box;                             ///< now: the filter's, in pixels
  std::optional<Landmarks> landmarks;  ///< those of the last detection, moved with the box
  float score = 0;                     ///< of the last detection
  bool visible = true;  ///< false: not found by the last detection; the number is kept for a while
  double last_found = 0;  ///< time in seconds
};

struct TrackerOptions {
  double max_gap = 2;  ///< seconds that a face may be away and still get its number back
};

/// Gives the faces that a detector finds in consecutive frames numbers that stay with the person.
/// Visible tracks are matched by the overlap of their predicted box with the detections; the rest,
/// including faces that were away for a moment, by distance and size; both with the minimum total
/// cost. Not thread safe.
class FaceTracker {
 public:
  explicit FaceTracker(const TrackerOptions& options = {}) : options_(options) {}

  /// The detector ran at `seconds`. Time that runs backwards counts as no
  /// time.
  const std::vector<Track>& update(double seconds, std::span<const DetectedFace> faces);
  /// The detector did not run: boxes move on as before.
  const std::vector<Track>& advance(double seconds);
  /// Another scene: every face gets a new number.
  void forget();

 private:
  TrackerOptions options_;
  std::vector<Track> tracks_;       // by number
  std::vector<BoxMotion> motions_;  // of each
  double now_ = 0;
  int numbers_given_ = 0;
};

}  // namespace mien::tracking
