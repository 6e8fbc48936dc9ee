#pragma once

#include <span>
#include <string>
#include <vector>

#include "tracking/emotion_log.hpp"

namespace mien::apps {

/// Persons seen for at least half a second, longest first: what a film is about. The others are glimpses.
std::vector<PersonLog> main_persons(const EmotionLog& log);

/// Seconds of each emotion per person, for a terminal.
std::string summary_text(const EmotionLog& log, std::span<const std::string> labels);

/// The same, of everybody.
std::string summary_json(const EmotionLog& log, std::span<const std::string> labels);

}  // namespace mien::apps
