#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "mien/face.hpp"
#include "mien/image.hpp"

namespace mien::vision {

/// Finds the faces of a photo.
class FaceDetector {
 public:
  virtual ~FaceDetector() = default;

  /// Which way of drawing boxes this is: the key of the crop geometry in model files.
  virtual std::string_view name() const = 0;

  /// Largest first; empty where there is no face or no image. Thread safe.
  virtual std::vector<DetectedFace> detect(const ImageView& image) const = 0;
};

/// The most that a detector takes.
inline constexpr int kMaxThreads = 256;

struct DetectorOptions {
  /// Side of the smallest face to look for, in pixels of the photo. 0: a 25th of its longer
  /// side, but at least 40: small faces in big photos cost time with the square of the ratio.
  /// The detector may raise it to bound its memory.
  int min_face = 0;
  int threads = 0;      ///< for one photo; 0: up to four, as the machine has
  float threshold = 0;  ///< added to the detector's own: higher finds fewer faces, surer ones
};

/// The same face in an image whose sides are `x` and `y` times as long.
DetectedFace scaled(DetectedFace face, float x, float y);

/// The side that `options` mean for an image whose longer side is this.
int smallest_face(const DetectorOptions& options, int longer_side);

/// `name`: "hog"; an ONNX file of a face detection network, or the name of one as find_model finds
/// it ("yunet" once `mien models fetch yunet` was run); "auto": "yunet" where there is one, else
/// "hog". Throws Error kNotFound for names that mean nothing, kInvalidArgument for options out of
/// range, kBadFormat or kUnsupported naming a file that is no detector.
std::unique_ptr<FaceDetector> make_face_detector(std::string_view name,
                                                 const DetectorOptions& options = {});

}  // namespace mien::vision
