#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace mien::apps {

/// Progress on stderr: a bar with rate and time left on a terminal, a plain line every few seconds
/// elsewhere. Draws nothing in the first half second, so that short work stays quiet.
class ProgressBar {
 public:
  /// `unit` is the plural of what is counted, e.g. "photos". A total of 0 is unknown.
  ProgressBar(std::string label, std::int64_t total, std::string unit);
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;
  ~ProgressBar();

  void update(std::int64_t done, const std::string& note = "");
  /// Wipes the bar from the terminal: what is printed next starts on a clean line.
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
