#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace mien::apps {

/// Progress on stderr: on a terminal a bar with rate and remaining time, otherwise a line every 10
/// seconds. Prints nothing in the first half second, so that short work stays quiet.
class ProgressBar {
 public:
  /// `unit` is a plural, such as "photos". A total of 0 is unknown.
  ProgressBar(std::string label, std::int64_t total, std::string unit);
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;
  ~ProgressBar();

  void update(std::int64_t done, const std::string& note = "");
  /// Removes the bar from the terminal; the next output starts on an empty line.
  void clear();

 private:
  using Clock = std::chrono::steady_clock;
  void draw(std::int64_t done, const std::string& note);

  std::string label_;
  std::int64_t total_;
  std::string unit_;
  bool terminal_;
  bool drawn_ = false;
  Clock::time_point start_, last_;
};

/// "3:07" or "1:02:33".
std::string clock_text(double seconds);

}  // namespace mien::apps
