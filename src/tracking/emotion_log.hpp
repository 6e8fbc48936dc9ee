#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <vector>

namespace mien::tracking {

/// The emotions of one person in a video.
struct PersonLog {
  int number = 0;                        ///< of the track
  double first_seen = 0, last_seen = 0;  ///< seconds
  double seconds = 0;                    ///< visible
  std::vector<double> label_seconds;     ///< [classes], their sum is `seconds`
  std::size_t first_bin = 0;             ///< of the timeline
  std::vector<float> bins;  ///< [bins, 1 + classes]: seconds visible, and each emotion's share
};

/// Summarizes a video in memory that does not grow with its length: a timeline of at most 2048
/// bins, whose width doubles when the video becomes longer. Not thread safe.
class EmotionLog {
 public:
  explicit EmotionLog(std::size_t classes) : classes_(classes) {}

  struct Entry {
    int number = 0;
    std::size_t label = 0;
    std::span<const float> probabilities;
  };
  /// The faces of the frame that is shown from `seconds` on, until the next call.
  void add(double seconds, std::span<const Entry> faces);
  /// The last frame was shown until `seconds`.
  void finish(double seconds) { add(seconds, {}); }

  /// In the order of their numbers.
  std::vector<PersonLog> persons() const;
  double bin_seconds() const { return bin_seconds_; }
  double end() const { return time_; }  ///< of the last call

 private:
  struct Shown {
    int number;
    std::size_t label;
    std::vector<float> probabilities;
  };
  void credit(PersonLog& person, const Shown& face, double from, double to) const;
  void widen_bins();

  std::size_t classes_;
  double time_ = 0;
  double bin_seconds_ = 0.1;
  std::vector<Shown> shown_;
  std::map<int, PersonLog> persons_;
};

}  // namespace mien::tracking
