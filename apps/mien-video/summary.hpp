#pragma once

#include <span>
#include <string>
#include <vector>

#include "tracking/emotion_log.hpp"

namespace mien::apps {

/// The people seen for at least half a second, longest first.
std::vector<tracking::PersonLog> main_persons(const tracking::EmotionLog& log);

/// A table of the seconds of each emotion per person, of at most 20 people.
std::string summary_text(const tracking::EmotionLog& log, std::span<const std::string> labels);

/// The same of all people as JSON.
std::string summary_json(const tracking::EmotionLog& log, std::span<const std::string> labels);

}  // namespace mien::apps
