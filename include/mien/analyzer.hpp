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

/// A face and what its expression looks like to the network. It tells of the picture, not of the
/// person's feelings.
struct Face {
  Box box;                    ///< in pixels of the image
  float detection_score = 0;  ///< the detector's own scale
  std::optional<Landmarks> landmarks;
  int rotation = 0;  ///< degrees, see DetectedFace
  FaceQuality quality;
  Emotion emotion = Emotion::kNeutral;  ///< the most probable one
  float confidence = 0;                 ///< its probability
  bool uncertain = false;               ///< confidence is below AnalyzerOptions::min_confidence
  std::vector<float> probabilities;     ///< [labels], sum 1, in the order of Analyzer::labels
};

/// The word to say of a face: the name of its emotion, or "uncertain".
std::string_view answer(const Face& face);

/// What a photograph's file holds.
struct PhotoAnalysis {
  int width =
      0;  ///< in pixels, after the EXIF orientation; boxes and landmarks are in these pixels
  int height = 0;
  std::vector<Face> faces;  ///< most prominent first: large and certain ones
  /// Side of the smallest face searched for, in pixels. Larger than AnalyzerOptions::min_face if
  /// the photo was too large for that: smaller faces may be missing.
  int min_face = 0;
};

struct AnalyzerOptions {
  std::string detector = "auto";  ///< "hog", "yunet", a path of a detector's ONNX file, or "auto":
                                  ///< the best that is there
  int min_face = 0;  ///< smallest face searched for, in pixels; 0: 40, up to 60 in large photos
  std::optional<float> min_score;  ///< of the detector, on its scale; by default YuNet 0.6, HOG 0
  int threads = 0;                 ///< that face detection may use; 0: one a core, at most four
  std::string head;  ///< of a network with several ("fer2013", "ferplus"): the one that answers;
                     ///< empty: the model's default
  bool contempt = false;  ///< answer contempt too, where the head knows it; otherwise the seven
                          ///< others share its probability
  std::string precision = "auto";  ///< "f32", "bf16", "int8", or "auto": the fastest that keeps the
                                   ///< accuracy; of the default model that is int8 where the CPU
                                   ///< has the instructions (VNNI)
  double min_confidence =
      0;  ///< 0 to 1: a face whose most probable emotion is less probable is `uncertain`
};

/// Finds the faces of a photograph and recognises their emotions. Every const member may be called
/// from several threads at once; with many threads calling, give each call one thread
/// (AnalyzerOptions::threads).
///
///     const mien::Analyzer analyzer = mien::Analyzer::load();
///     for (const mien::Face& face : analyzer.analyze_file("photo.jpg").faces) …
class Analyzer {
 public:
  /// `model` is a model file, or the name of a shipped one ("reference"); empty: the default.
  /// Throws Error kNotFound where it or the detector is missing, kBadFormat or kUnsupported for a
  /// file that cannot be used, kInvalidArgument for an option out of its range.
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
  /// The same for a file's bytes; `name` stands for them in messages.
  PhotoAnalysis analyze_encoded(std::span<const std::byte> bytes, const std::string& name) const;

  /// The two halves of analyze, for programs that find faces in their own way or less often than
  /// they read them: the faces, most prominent first; and the emotions of such faces, in their
  /// order. Throws Error kInvalidArgument for a box that cannot be cropped (see crop_face).
  std::vector<DetectedFace> detect(const ImageView& image) const;
  std::vector<Face> classify(const ImageView& image, std::span<const DetectedFace> faces) const;

  /// The emotion of a picture that is one face already, cropped as the training pictures are (see
  /// docs/model-format.md); any size, colour or gray.
  Face classify(const ImageView& face) const;

  const std::vector<std::string>& labels() const;  ///< lower-case names of Emotion, by output
  std::string_view detector_name() const;
  const std::filesystem::path& model_path() const;

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
