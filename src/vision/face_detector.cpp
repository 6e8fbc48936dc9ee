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
#include "vision/crop.hpp"
#include "vision/hog_detector.hpp"
#include "vision/orientation.hpp"

namespace mien::vision {
namespace {

/// Where a point of an image rotated clockwise by `degrees` was before; `width` and `height` are
/// those of the upright image.
Point rotated_back(Point point, int degrees, float width, float height) {
  switch (degrees) {
    case 90:
      return {point.y, height - point.x};
    case 180:
      return {width - point.x, height - point.y};
    case 270:
      return {width - point.y, point.x};
    default:
      return point;
  }
}

DetectedFace face_rotated_back(DetectedFace face, int degrees, float width, float height) {
  const Box box = face.box;
  const Point a = rotated_back({box.x, box.y}, degrees, width, height),
              b = rotated_back({box.x + box.width, box.y + box.height}, degrees, width, height);
  face.box = {std::min(a.x, b.x), std::min(a.y, b.y), std::abs(a.x - b.x), std::abs(a.y - b.y)};
  if (face.landmarks) {
    for (Point& point : *face.landmarks) point = rotated_back(point, degrees, width, height);
  }
  face.rotation = (360 - degrees) % 360;
  return face;
}

}  // namespace

DetectedFace scaled(DetectedFace face, float x, float y) {
  face.box = {face.box.x * x, face.box.y * y, face.box.width * x, face.box.height * y};
  if (!face.landmarks) return face;
  for (Point& point : *face.landmarks) point = {point.x * x, point.y * y};
  return face;
}

int smallest_face(const DetectorOptions& options, int longer_side) {
  return options.min_face > 0 ? options.min_face : std::clamp(longer_side / 25, 40, 60);
}

void sort_by_prominence(std::vector<DetectedFace>& faces, const ScoreScale& scale) {
  std::ranges::stable_sort(faces, std::greater{}, [&](const DetectedFace& face) {
    const float weight =
        std::clamp((face.score - scale.min) / (scale.certain - scale.min), 0.05f, 1.0f);
    return face.box.width * face.box.height * weight * weight;
  });
}

Detection search_all_rotations(const FaceDetector& detector, const ImageView& image, double scale) {
  constexpr int kMaxSide = 1200;
  Detection upright = detector.search(image, scale);
  if (!upright.faces.empty() || image.empty()) return upright;
  const double shrink =
      std::min(1.0, static_cast<double>(kMaxSide) / std::max(image.width, image.height));
  const auto side = [&](int pixels) {
    return std::max(1, static_cast<int>(std::lround(pixels * shrink)));
  };
  const Image small = resize(image, side(image.width), side(image.height));
  const float x = static_cast<float>(image.width) / static_cast<float>(small.width()),
              y = static_cast<float>(image.height) / static_cast<float>(small.height());
  const ScoreScale scores = detector.score_scale();
  struct Turn {
    int degrees, orientation;
  };
  float best = (scores.min + scores.certain) / 2;
  for (const Turn& turn : {Turn{90, 6}, Turn{180, 3}, Turn{270, 8}}) {
    std::vector<DetectedFace> faces =
        detector.search(apply_orientation(small, turn.orientation), scale / shrink).faces;
    std::erase_if(faces, [&](const DetectedFace& face) {
      return face.score < (scores.min + scores.certain) / 2;
    });
    if (faces.empty()) continue;
    const float highest = std::ranges::max_element(faces, {}, &DetectedFace::score)->score;
    if (highest < best) continue;
    best = highest;
    for (DetectedFace& face : faces) {
      face = scaled(face_rotated_back(face, turn.degrees, static_cast<float>(small.width()),
                                      static_cast<float>(small.height())),
                    x, y);
    }
    upright.faces = std::move(faces);
  }
  return upright;
}

std::unique_ptr<FaceDetector> make_face_detector(std::string_view name,
                                                 const DetectorOptions& options) {
  constexpr int kMinFace = 10;  // pixels; HOG enlarges the photo eight times for such faces
  if (options.min_face != 0 && options.min_face < kMinFace) {
    throw Error(ErrorCode::kInvalidArgument,
                base::format("min_face is %d; must be 0 (automatic) or at least %d pixels",
                             options.min_face, kMinFace));
  }
  if (options.threads < 0 || options.threads > kMaxThreads) {
    throw Error(ErrorCode::kInvalidArgument,
                base::format("threads is %d; must be between 0 (automatic) and %d", options.threads,
                             kMaxThreads));
  }
  if (options.min_score && !std::isfinite(*options.min_score))
    throw Error(ErrorCode::kInvalidArgument, "min_score is not a number");
  if (name == "hog") return std::make_unique<HogDetector>(options);
  const std::optional<std::filesystem::path> file =
      model::find_model(name == "auto" ? "yunet" : name);
  if (file) return std::make_unique<CnnDetector>(*file, options);
  if (name == "auto") return std::make_unique<HogDetector>(options);
  throw Error(ErrorCode::kNotFound,
              "unknown face detector '" + std::string(name) +
                  "'; choose auto, hog, an ONNX file, or yunet after 'mien models fetch yunet'");
}

}  // namespace mien::vision
