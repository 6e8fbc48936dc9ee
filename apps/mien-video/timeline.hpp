#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "tracking/emotion_log.hpp"

namespace mien::apps {

/// Plots the emotions of the eight people seen longest over time, as .svg or .png. `video` is its
/// name. Throws Error kInvalidArgument for another extension, kNotFound without gnuplot, kIo.
void write_timeline(const tracking::EmotionLog& log, std::span<const std::string> labels,
                    const std::string& video, const std::filesystem::path& path);

}  // namespace mien::apps
