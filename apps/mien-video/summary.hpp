#pragma once

#include <span>
#include <string>
#include <vector>

#include "tracking/emotion_log.hpp"

namespace mien::apps {

/// Persons seen for at least half a second, longest first: what a film is about. The others are
/// glimpses.
std::vector<tracking::PersonLog> main_persons(const tracking::EmotionLog& log);

/// Seconds of each emotion per person, for a terminal.
std::string summary_text(const tracking::EmotionLog& log, std::span<const std::string> labels);

/// The same, of everybody.
std::string summary_json(const tracking::EmotionLog& log, std::span<const std::string> labels);

}  // namespace mien::apps
