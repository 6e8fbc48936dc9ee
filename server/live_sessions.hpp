#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/video_analyzer.hpp"

namespace mien::server {

/// A frame of a live session.
struct LiveFrame {
  int number = 0;  ///< within the session, from 1
  std::vector<pipeline::TrackedFace> faces;
};

/// The people in the frames that clients send one by one: a VideoAnalyzer per client, as
/// `mien video` uses it. Forgets sessions without frames. Thread safe.
class LiveSessions {
 public:
  explicit LiveSessions(const Analyzer& analyzer) : analyzer_(analyzer) {}

  /// `id` is chosen by the client; an unknown one starts a session. `seconds` is the time of the
  /// frame. Empty if another frame of the session is in progress, or all sessions are in use.
  std::optional<LiveFrame> analyze(const std::string& id, const ImageView& frame, double seconds);

  std::size_t size() const;

 private:
  using Clock = std::chrono::steady_clock;
  struct Session;

  std::shared_ptr<Session> find_or_create(const std::string& id);

  const Analyzer& analyzer_;
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Session>> sessions_;
};

}  // namespace mien::server
