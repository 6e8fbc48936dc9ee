#include "vision/face_detector.hpp"

#include <cmath>
#include <string>

#include "base/file.hpp"
#include "mien/error.hpp"
#include "vision/hog_detector.hpp"

namespace mien {

std::unique_ptr<FaceDetector> make_face_detector(std::string_view name, const DetectorOptions& options) {
  constexpr int kSmallest = 10;  // pixels; the photograph would be enlarged eight times
  if (options.min_face != 0 && options.min_face < kSmallest) {
    throw Error(ErrorCode::kInvalidArgument,
                format("min_face is %d: 0 (automatic) or at least %d pixels", options.min_face, kSmallest));
  }
  if (options.threads < 0 || options.threads > 256) {
    throw Error(ErrorCode::kInvalidArgument, format("threads is %d: 0 (automatic) to 256", options.threads));
  }
  if (!std::isfinite(options.threshold))
    throw Error(ErrorCode::kInvalidArgument, "threshold is not a number");
  if (name == "hog") return std::make_unique<HogDetector>(options);
  throw Error(ErrorCode::kNotFound, "there is no face detector '" + std::string(name) + "'; there is: hog");
}

}  // namespace mien
