#include "vision/face_detector.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <optional>
#include <string>

#include "base/file.hpp"
#include "mien/error.hpp"
#include "model/locate.hpp"
#include "vision/cnn_detector.hpp"
#include "vision/hog_detector.hpp"

namespace mien::vision {

DetectedFace scaled(DetectedFace face, float x, float y) {
  face.box = {face.box.x * x, face.box.y * y, face.box.width * x, face.box.height * y};
  if (!face.landmarks) return face;
  for (Point& point : *face.landmarks) point = {point.x * x, point.y * y};
  return face;
}

int smallest_face(const DetectorOptions& options, int longer_side) {
  return options.min_face > 0 ? options.min_face : std::max(40, longer_side / 25);
}

std::unique_ptr<FaceDetector> make_face_detector(std::string_view name,
                                                 const DetectorOptions& options) {
  constexpr int kSmallest = 10;  // pixels; the photo would be enlarged eight times
  if (options.min_face != 0 && options.min_face < kSmallest) {
    throw Error(ErrorCode::kInvalidArgument,
                base::format("min_face is %d: 0 (automatic) or at least %d pixels",
                             options.min_face, kSmallest));
  }
  if (options.threads < 0 || options.threads > kMaxThreads) {
    throw Error(ErrorCode::kInvalidArgument,
                base::format("threads is %d: 0 (automatic) to %d", options.threads, kMaxThreads));
  }
  if (!std::isfinite(options.threshold))
    throw Error(ErrorCode::kInvalidArgument, "threshold is not a number");
  if (name == "hog") return std::make_unique<HogDetector>(options);
  const std::optional<std::filesystem::path> file =
      model::find_model(name == "auto" ? "yunet" : name);
  if (file) return std::make_unique<CnnDetector>(*file, options);
  if (name == "auto") return std::make_unique<HogDetector>(options);
  throw Error(ErrorCode::kNotFound,
              "there is no face detector '" + std::string(name) +
                  "'; there are: hog, an ONNX file, and what 'mien models fetch' gets (yunet)");
}

}  // namespace mien::vision
