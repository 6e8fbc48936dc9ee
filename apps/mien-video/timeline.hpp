#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "tracking/emotion_log.hpp"

namespace mien::apps {

/// Draws the emotions of the persons seen longest over the time of the film, as .svg or .png.
/// Throws Error kInvalidArgument for another ending, kNotFound where gnuplot is missing, kIo.
void write_timeline(const tracking::EmotionLog& log, std::span<const std::string> labels,
                    const std::string& film, const std::filesystem::path& path);

}  // namespace mien::apps
