#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mien/emotion.hpp"
#include "mien/face.hpp"
#include "mien/image.hpp"

namespace mien {

/// A face with its predicted expression. The prediction describes the image, not what the person
/// feels.
struct Face {
  Box box;          ///< in pixels of the image
  float score = 0;  ///< of the detector, on its own scale
  std::optional<Landmarks> landmarks;
  int rotation = 0;  ///< degrees, see DetectedFace
  FaceQuality quality;
  Emotion emotion = Emotion::kNeutral;  ///< the most probable one, also where `uncertain`
  float confidence = 0;                 ///< its probability
  bool uncertain = false;               ///< confidence is below AnalyzerOptions::min_confidence
  std::vector<float> probabilities;     ///< [labels], sum 1, in the order of Analyzer::labels
};

/// Below this confidence a face is uncertain by default: about two in three of such predictions are
/// wrong on photos (docs/understanding-results.md).
inline constexpr double kDefaultMinConfidence = 0.4;

/// The display label of a face in a few characters: the name of its emotion, or "unclear".
std::string_view display_label(const Face& face);
/// The same with probabilities, for text: "happy 93 %", or for an uncertain face the two most
/// probable emotions, "unclear: sad 38 %, happy 35 %". `labels` are the analyzer's.
std::string display_label(const Face& face, std::span<const std::string> labels);

[[deprecated("use display_label")]] std::string_view answer(const Face& face);

/// The content of a photo file.
struct PhotoAnalysis {
  int width = 0;  ///< pixels, after the EXIF orientation; boxes and landmarks are in these pixels
  int height = 0;
  std::vector<Face> faces;  ///< most prominent first: large and certain ones
  /// Side of the smallest face searched for, in pixels. Larger than AnalyzerOptions::min_face if
  /// the photo was too large for that: smaller faces may be missing.
  int min_face = 0;
};

struct AnalyzerOptions {
  std::string detector = "auto";  ///< "hog", "yunet", the path of a detector's ONNX file, or
                                  ///< "auto": yunet where it is installed, else hog
  int min_face = 0;  ///< side of the smallest face to find, in pixels; 0: 40, up to 60 in large
                     ///< photos
  std::optional<float> min_score;  ///< of the detector, on its scale; by default YuNet 0.6, HOG 0
  int threads = 0;                 ///< of face detection; 0: one per core, at most four
  std::string head;  ///< "photo", "fer2013", "ferplus", or another output of the model; empty: the
                     ///< model's default head
  bool contempt = false;  ///< report contempt too, if the head has it; otherwise the seven other
                          ///< emotions share its probability
  std::string precision =
      "auto";  ///< arithmetic: "f32", "bf16", "int8" (uses NAME-int8.onnx beside
               ///< NAME.onnx if it exists), or "auto": of the file as it is
  double min_confidence = kDefaultMinConfidence;  ///< 0 to 1: a face whose confidence is below it
                                                  ///< is `uncertain`
};

/// What produced a result.
struct Provenance {
  std::string model;       ///< the file's name without folder and extension
  std::string model_hash;  ///< of the file's content, 16 hexadecimal digits
  std::string head;        ///< the model's output
  std::string precision;   ///< "f32", "bf16" or "int8"
  std::string detector;    ///< "hog", "yunet", …
  std::string version;     ///< of Mien
};

/// Finds the faces of a photo and predicts their emotions. Every const member may be called from
/// several threads at once; with many threads calling, give each call one thread
/// (AnalyzerOptions::threads).
///
///     const mien::Analyzer analyzer = mien::Analyzer::load();
///     for (const mien::Face& face : analyzer.analyze_file("photo.jpg").faces) …
class Analyzer {
 public:
  /// `model` is a model file, or the name of a shipped one ("reference"); empty: the default.
  /// Throws Error kNotFound if it or the detector is missing, kBadFormat or kUnsupported for a file
  /// that cannot be used, kInvalidArgument for an option out of its range.
  static Analyzer load(const std::filesystem::path& model = {},
                       const AnalyzerOptions& options = {});

  Analyzer(Analyzer&&) noexcept;
  Analyzer& operator=(Analyzer&&) noexcept;
  ~Analyzer();

  /// All faces, most prominent first; without a face, an empty list. If none is found upright, the
  /// image is also searched rotated by 90, 180 and 270 degrees. Throws Error kInvalidArgument for
  /// an empty image.
  std::vector<Face> analyze(const ImageView& image) const;

  /// The faces of an image file (JPEG, PNG, WebP, TIFF, BMP, PGM, PPM). Large JPEGs are
  /// decoded at half their size, up to 250 megapixels. Throws as read_image does.
  PhotoAnalysis analyze_file(const std::filesystem::path& path) const;
  /// The same for a file's bytes; `name` is used in messages.
  PhotoAnalysis analyze_encoded(std::span<const std::byte> bytes, const std::string& name) const;

  /// The two halves of analyze, for programs that find faces in their own way or only in some
  /// frames: the faces, most prominent first; and the emotions of such faces, in their order.
  /// Throws Error kInvalidArgument for a box that cannot be cropped.
  std::vector<DetectedFace> detect(const ImageView& image) const;
  std::vector<Face> classify(const ImageView& image, std::span<const DetectedFace> faces) const;

  /// The emotion of an image that is one face, cropped like the training images (see
  /// docs/model-format.md); any size, color or gray.
  Face classify(const ImageView& face) const;

  const std::vector<std::string>& labels() const;  ///< lower-case names of Emotion, by output
  std::string_view detector_name() const;
  const std::filesystem::path& model_path() const;
  double min_confidence() const;
  /// Belongs to every result of this analyzer.
  const Provenance& provenance() const;

 private:
  class Impl;
  explicit Analyzer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Reads a JPEG, PNG, WebP, TIFF, BMP, PGM or PPM file; the EXIF orientation is applied. Throws
/// Error naming the file: kNotFound, kIo, kBadFormat (damaged, or no image), kUnsupported,
/// kTooLarge (over 120 megapixels, 20,000 pixels a side or 256 MiB).
Image read_image(const std::filesystem::path& path);

}  // namespace mien
