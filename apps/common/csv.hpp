#pragma once

#include <span>
#include <string>

#include "mien/analyzer.hpp"

namespace mien::apps {

/// A text as a CSV field: quoted where RFC 4180 requires it. A text that a spreadsheet would run as
/// a formula (it begins with =, +, -, @, a tab or a line end) gets an apostrophe before it.
std::string csv_text(const std::string& text);

/// "x,y,width,height" of a box in pixels.
std::string csv_box(const Box& box);

/// "emotion,confidence,uncertain" and the labels, as a header; and the values of a face.
std::string csv_emotion_header(std::span<const std::string> labels);
std::string csv_emotion(const Face& face);

/// "yaw,pitch,roll,size,sharpness,brightness,flags"; the flags are words separated by spaces.
extern const char* const kCsvQualityHeader;
std::string csv_quality(const FaceQuality& quality);

}  // namespace mien::apps
