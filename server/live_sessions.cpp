#include "server/live_sessions.hpp"

#include <algorithm>

namespace mien::server {
namespace {

constexpr std::size_t kMaxSessions = 256;  // of a few kilobytes each
constexpr std::chrono::seconds kMaxIdle{60};
constexpr std::chrono::seconds kMinIdle{5};  // before a session makes room for a new one

}  // namespace

struct LiveSessions::Session {
  explicit Session(const Analyzer& analyzer)
      : video(analyzer, {.min_confidence = analyzer.min_confidence()}) {}
  std::mutex in_use;
  pipeline::VideoAnalyzer video;
  int frames = 0;
  Clock::time_point last_use;  // guarded by LiveSessions::mutex_
};

std::optional<LiveFrame> LiveSessions::analyze(const std::string& id, const ImageView& frame,
                                               double seconds) {
  const std::shared_ptr<Session> session = find_or_create(id);
  if (!session) return std::nullopt;
  const std::unique_lock lock(session->in_use, std::try_to_lock);
  if (!lock) return std::nullopt;
  LiveFrame result{.number = ++session->frames};
  result.faces = session->video.analyze(frame, seconds);
  return result;
}

std::size_t LiveSessions::size() const {
  const std::scoped_lock lock(mutex_);
  return sessions_.size();
}

std::shared_ptr<LiveSessions::Session> LiveSessions::find_or_create(const std::string& id) {
  const std::scoped_lock lock(mutex_);
  const auto now = Clock::now();
  std::erase_if(sessions_,
                [&](const auto& entry) { return now - entry.second->last_use > kMaxIdle; });
  std::shared_ptr<Session>& session = sessions_[id];
  if (!session) {
    if (sessions_.size() > kMaxSessions) {
      const auto longest_idle = std::ranges::min_element(sessions_, {}, [](const auto& entry) {
        return entry.second ? entry.second->last_use : Clock::time_point::max();
      });
      if (now - longest_idle->second->last_use < kMinIdle) {
        sessions_.erase(id);
        return nullptr;
      }
      sessions_.erase(longest_idle);
    }
    session = std::make_shared<Session>(analyzer_);
  }
  session->last_use = now;
  return session;
}

}  // namespace mien::server
