#include "common/progress.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/file.hpp"

namespace mien::apps {
namespace {

constexpr double kQuietSeconds = 0.5, kTerminalInterval = 0.1, kPlainInterval = 10;

}  // namespace

std::string clock_text(double seconds) {
  const auto whole = static_cast<long long>(std::min(std::max(seconds, 0.0), 3.6e8));
  if (whole >= 3600)
    return base::format("%lld:%02lld:%02lld", whole / 3600, whole / 60 % 60, whole % 60);
  return base::format("%lld:%02lld", whole / 60, whole % 60);
}

ProgressBar::ProgressBar(std::string label, std::int64_t total, std::string unit)
    : label_(std::move(label)),
      total_(total),
      unit_(std::move(unit)),
      terminal_(::isatty(STDERR_FILENO) != 0),
      start_(Clock::now()),
      last_(start_) {}

ProgressBar::~ProgressBar() { clear(); }

void ProgressBar::clear() {
  if (drawn_ && terminal_) std::fputs("\r\033[K", stderr);
  drawn_ = false;
}

void ProgressBar::update(std::int64_t done, const std::string& note) {
  const auto now = Clock::now();
  const auto since = [&](Clock::time_point then) {
    return std::chrono::duration<double>(now - then).count();
  };
  if (since(start_) < kQuietSeconds ||
      since(last_) < (terminal_ ? kTerminalInterval : kPlainInterval))
    return;
  last_ = now;
  draw(done, note);
}

void ProgressBar::draw(std::int64_t done, const std::string& note) {
  const double seconds = std::chrono::duration<double>(Clock::now() - start_).count();
  const double rate = static_cast<double>(done) / std::max(seconds, 1e-9);
  std::string text = label_ + " ";
  if (total_ > 0) {
    const double part = std::min(1.0, static_cast<double>(done) / static_cast<double>(total_));
    if (terminal_) {
      constexpr int kCells = 24;
      const int full = static_cast<int>(std::lround(part * kCells));
      for (int i = 0; i < kCells; ++i) text += i < full ? "█" : "░";
      text += " ";
    }
    text += base::format("%3.0f %%  %lld/%lld %s", part * 100, static_cast<long long>(done),
                         static_cast<long long>(total_), unit_.c_str());
  } else {
    text += base::format("%lld %s", static_cast<long long>(done), unit_.c_str());
  }
  text += rate >= 1 ? base::format("  %.3g/s", rate)
                    : base::format("  %.3g s each", 1 / std::max(rate, 1e-9));
  if (total_ > 0 && rate > 0)
    text += "  " + clock_text(static_cast<double>(total_ - done) / rate) + " left";
  if (!note.empty()) text += "  " + note;
  std::fprintf(stderr, terminal_ ? "\r%s\033[K" : "%s\n", text.c_str());
  std::fflush(stderr);
  drawn_ = true;
}

}  // namespace mien::apps
