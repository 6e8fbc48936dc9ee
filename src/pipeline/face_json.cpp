#include "pipeline/face_json.hpp"

#include <utility>

namespace mien::pipeline {

using base::Json, base::rounded;

Json to_json(const Face& face, std::span<const std::string> labels) {
  Json out;
  out["box"] = {{"x", rounded(face.box.x, 1)},
                {"y", rounded(face.box.y, 1)},
                {"width", rounded(face.box.width, 1)},
                {"height", rounded(face.box.height, 1)}};
  out["score"] = rounded(face.score, 4);
  if (face.landmarks) {
    for (const Point& point : *face.landmarks)
      out["landmarks"].push_back({{"x", rounded(point.x, 1)}, {"y", rounded(point.y, 1)}});
  }
  Json& quality = out["quality"];
  if (face.quality.pose) {
    quality["yaw"] = rounded(face.quality.pose->yaw, 1);
    quality["pitch"] = rounded(face.quality.pose->pitch, 1);
    quality["roll"] = rounded(face.quality.pose->roll, 1);
  }
  quality["size"] = rounded(face.quality.size, 1);
  quality["sharpness"] = rounded(face.quality.sharpness, 4);
  quality["brightness"] = rounded(face.quality.brightness, 3);
  quality["flags"] = Json::array();
  for (const auto& [set, flag] : {std::pair{face.quality.turned, "turned"},
                                  {face.quality.small, "small"},
                                  {face.quality.blurred, "blurred"},
                                  {face.quality.dark, "dark"}}) {
    if (set) quality["flags"].push_back(flag);
  }
  out["emotion"] = to_string(face.emotion);
  out["confidence"] = rounded(face.confidence, 5);
  out["uncertain"] = face.uncertain;
  Json& probabilities = out["probabilities"];
  for (std::size_t c = 0; c < labels.size(); ++c)
    probabilities[labels[c]] = rounded(face.probabilities[c], 5);
  return out;
}

Json to_json(const Provenance& provenance) {
  return {{"model", provenance.model},       {"model_hash", provenance.model_hash},
          {"head", provenance.head},         {"precision", provenance.precision},
          {"detector", provenance.detector}, {"version", provenance.version}};
}

std::string face_json(const Face& face, std::span<const std::string> labels) {
  return base::to_text(to_json(face, labels));
}

}  // namespace mien::pipeline
