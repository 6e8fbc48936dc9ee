#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "mien/face.hpp"
#include "mien/image.hpp"

namespace mien::vision {

inline constexpr int kMaxThreads = 256;  ///< that a detector accepts

struct DetectorOptions {
  /// Side of the smallest face to search for, in pixels of the original photo; smaller ones are not
  /// returned. A face's side is the larger side of its box; boxes up to 10 % smaller are kept,
  /// since detectors frame faces differently. 0: see smallest_face; then nothing is removed.
  int min_face = 0;
  int threads = 0;                 ///< per image; 0: one per core, at most four
  std::optional<float> min_score;  ///< on the detector's scale; by default YuNet 0.6, HOG 0
  /// Pixels that the detector processes per image at its finest scale: bounds its time to seconds.
  /// Enough for faces of 60 pixels in photos of 200 megapixels.
  double max_search_pixels = 512e6;
};

/// Result of a search.
struct Detection {
  std::vector<DetectedFace> faces;  ///< in pixels of the image, most prominent first
  /// Side of the smallest face searched for, in pixels of the original photo. Larger than requested
  /// if the search would exceed max_search_pixels: smaller faces may then be missing.
  int min_face = 0;
};

/// What a detector's scores mean.
struct ScoreScale {
  float min = 0;      ///< default minimum
  float certain = 1;  ///< from here on, practically all detections are faces
};

/// Finds faces in photos. Immutable and thread safe.
class FaceDetector {
 public:
  virtual ~FaceDetector() = default;

  /// The key of the crop geometry in model files: detectors frame faces differently.
  virtual std::string_view name() const = 0;
  virtual ScoreScale score_scale() const = 0;

  /// All faces of an image that shows `scale` original pixels per pixel (ScaledImage::scale_x).
  /// Large images are searched at full resolution in overlapping tiles, and as a whole at a
  /// coarser scale for faces larger than the overlap. Time is proportional to pixels. Memory
  /// besides the image: at most 250 MB. An empty image has no faces.
  virtual Detection search(const ImageView& image, double scale = 1) const = 0;

  std::vector<DetectedFace> detect(const ImageView& image) const { return search(image).faces; }
};

/// The same face in an image whose sides are `x` and `y` times as long.
DetectedFace scaled(DetectedFace face, float x, float y);

/// Side of the smallest face to search for in an original photo with this longer side:
/// options.min_face, or by default a 25th of the side, but at least 40 and at most 60 pixels.
int smallest_face(const DetectorOptions& options, int longer_side);

/// Sorts by area * weight, with weight = clamp((score - min) / (certain - min), 0.05, 1) squared:
/// a doubtful detection precedes a certain one only if it is many times larger.
void sort_by_prominence(std::vector<DetectedFace>& faces, const ScoreScale& scale);

/// detector.search; if it finds no face, searches the image rotated by 90, 180 and 270 degrees (for
/// photos without an orientation tag), reduced to at most 1200 pixels per side, for faces with a
/// score in the upper half of the scale. Boxes and landmarks are mapped back;
/// DetectedFace::rotation is set.
Detection search_all_rotations(const FaceDetector& detector, const ImageView& image,
                               double scale = 1);

/// `name`: "hog"; the ONNX file of a face detection network, or its name for find_model ("yunet"
/// after `mien models fetch yunet`); "auto": "yunet" if it is installed, else "hog". Throws Error
/// kNotFound for unknown names, kInvalidArgument for options out of range, kBadFormat or
/// kUnsupported naming a file that is no detector.
std::unique_ptr<FaceDetector> make_face_detector(std::string_view name,
                                                 const DetectorOptions& options = {});

}  // namespace mien::vision
