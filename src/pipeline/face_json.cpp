#include "pipeline/face_json.hpp"

#include "base/file.hpp"

namespace mien::pipeline {

std::string face_json(const Face& face, std::span<const std::string> labels) {
  std::string out = base::format(
      "{\"box\": {\"x\": %.1f, \"y\": %.1f, \"width\": %.1f, \"height\": %.1f}, \"score\": %.4f",
      face.box.x, face.box.y, face.box.width, face.box.height, face.detection_score);
  if (face.landmarks) {
    out += ", \"landmarks\": [";
    for (const Point& point : *face.landmarks)
      out += base::format("%s{\"x\": %.1f, \"y\": %.1f}",
                          &point == face.landmarks->data() ? "" : ", ", point.x, point.y);
    out += "]";
  }
  out += base::format(", \"emotion\": %s, \"confidence\": %.5f, \"probabilities\": {",
                      base::json_quote(answer(face)).c_str(), face.confidence);
  for (std::size_t c = 0; c < labels.size(); ++c) {
    out += base::format("%s%s: %.5f", c == 0 ? "" : ", ", base::json_quote(labels[c]).c_str(),
                        face.probabilities[c]);
  }
  return out + "}}";
}

}  // namespace mien::pipeline
