#include "common/csv.hpp"

#include <string_view>
#include <utility>

#include "base/file.hpp"

namespace mien::apps {

std::string csv_text(const std::string& text) {
  constexpr std::string_view kFormulaStarts = "=+-@\t\r\n";
  const bool formula = !text.empty() && kFormulaStarts.find(text.front()) != std::string_view::npos;
  const std::string safe = formula ? "'" + text : text;
  if (safe.find_first_of(",\"\r\n") == std::string::npos) return safe;
  std::string out = "\"";
  for (const char c : safe) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

const char* const kCsvQualityHeader = "yaw,pitch,roll,size,sharpness,brightness,flags";

std::string csv_quality(const FaceQuality& quality) {
  std::string flags;
  for (const auto& [is_set, name] : {std::pair(quality.turned, "turned"),
                                     {quality.small, "small"},
                                     {quality.blurred, "blurred"},
                                     {quality.dark, "dark"}}) {
    if (is_set) flags += (flags.empty() ? "" : " ") + std::string(name);
  }
  return (quality.pose ? base::format("%.1f,%.1f,%.1f", quality.pose->yaw, quality.pose->pitch,
                                      quality.pose->roll)
                       : ",,") +
         base::format(",%.1f,%.3f,%.3f,", quality.size, quality.sharpness, quality.brightness) +
         flags;
}

std::string csv_box(const Box& box) {
  return base::format("%.1f,%.1f,%.1f,%.1f", box.x, box.y, box.width, box.height);
}

std::string csv_emotion_header(std::span<const std::string> labels) {
  std::string out = "emotion,confidence,uncertain";
  for (const std::string& label : labels) out += "," + label;
  return out;
}

std::string csv_emotion(const Face& face) {
  std::string out = base::format("%s,%.5f,%d", std::string(to_string(face.emotion)).c_str(),
                                 face.confidence, face.uncertain ? 1 : 0);
  for (const float probability : face.probabilities) out += base::format(",%.5f", probability);
  return out;
}

}  // namespace mien::apps
