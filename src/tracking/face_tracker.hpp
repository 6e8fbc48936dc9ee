#pragma once

#include <optional>
#include <span>
#include <vector>

#include "mien/face.hpp"
#include "tracking/box_motion.hpp"

namespace mien::tracking {

/// One person's face through a film.
struct Track {
  int number = 0;                      ///< from 1, never given twice
  Box box;                             ///< now: the filter's, in pixels
  std::optional<Landmarks> landmarks;  ///< the last ones found, moved with the box
  float score = 0;                     ///< the detector's, when last found
  bool visible = true;    ///< false: looked for and not found, its number is kept a while
  double last_found = 0;  ///< time in seconds
};

struct TrackerOptions {
  double keep_seconds = 2;  ///< how long a face may be away and still get its number back
};

/// Gives the faces that a detector finds in one frame after the other numbers that stay with the
/// persons. Tracks in sight are matched by the overlap of their predicted box with what is found;
/// what is left over, faces away for a moment among it, by distance and size; both in the best way
/// altogether. Not thread safe.
class FaceTracker {
 public:
  explicit FaceTracker(const TrackerOptions& options = {}) : options_(options) {}

  /// The detector ran at `seconds`. Time must not run backwards; where it does, it counts as
  /// standing still.
  const std::vector<Track>& update(double seconds, std::span<const DetectedFace> faces);
  /// It did not: boxes move on as they did before.
  const std::vector<Track>& advance(double seconds);
  /// Another scene: everybody is new.
  void forget();

 private:
  TrackerOptions options_;
  std::vector<Track> tracks_;       // by number
  std::vector<BoxMotion> motions_;  // of each
  double now_ = 0;
  int numbers_given_ = 0;
};

}  // namespace mien::tracking
