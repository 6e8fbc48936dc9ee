#include "mien/analyzer.hpp"

#include "base/file.hpp"
#include "mien/error.hpp"
#include "pipeline/classifier.hpp"
#include "pipeline/decision.hpp"
#include "vision/crop.hpp"
#include "vision/decode.hpp"
#include "vision/face_detector.hpp"
#include "vision/face_quality.hpp"

namespace mien {
namespace {

const std::vector<std::string> kContempt{std::string(to_string(Emotion::kContempt))};

}  // namespace

class Analyzer::Impl {
 public:
  Impl(const std::filesystem::path& path, const AnalyzerOptions& options)
      : Impl(path, pipeline::read_model_file(path), options) {}

  std::vector<DetectedFace> detect(const ImageView& image) const {
    return detector_->detect(image);
  }

  /// Boxes and landmarks are returned in pixels of an image x and y times as large.
  std::vector<Face> classify(const ImageView& image, std::span<const DetectedFace> found,
                             float x = 1, float y = 1) const {
    const int size = classifier_.info().input_size;
    std::vector<std::uint8_t> crops;
    crops.reserve(found.size() * classifier_.face_bytes());
    for (const DetectedFace& face : found)
      append(crops, vision::crop_aligned_face(image, face, crop_, size));
    const std::vector<float> probabilities = classifier_.probabilities(crops);
    const std::size_t classes = labels().size();
    std::vector<Face> faces;
    for (std::size_t i = 0; i < found.size(); ++i) {
      faces.push_back(read(std::span(probabilities).subspan(i * classes, classes)));
      const DetectedFace face = vision::scaled(found[i], x, y);
      faces.back().box = face.box;
      faces.back().score = face.score;
      faces.back().landmarks = face.landmarks;
      faces.back().rotation = face.rotation;
      const std::uint8_t* crop = crops.data() + i * classifier_.face_bytes();
      faces.back().quality =
          vision::face_quality({crop, size, size, size, PixelFormat::kGray8}, face);
    }
    return faces;
  }

  std::vector<Face> analyze(const ImageView& image) const {
    return classify(image, vision::search_all_rotations(*detector_, image).faces);
  }

  PhotoAnalysis analyze_encoded(std::span<const std::byte> bytes, const std::string& name) const {
    const vision::ScaledImage photo = vision::decode_photo(bytes, name);
    const vision::Detection found =
        vision::search_all_rotations(*detector_, photo.image, photo.scale_x());
    return {photo.original_width, photo.original_height,
            classify(photo.image, found.faces, photo.scale_x(), photo.scale_y()), found.min_face};
  }

  Face classify(const ImageView& image) const {
    const Box whole{0, 0, static_cast<float>(image.width), static_cast<float>(image.height)};
    std::vector<std::uint8_t> crop;
    append(crop, vision::crop_face(image, whole, {}, classifier_.info().input_size));
    Face face = read(classifier_.probabilities(crop));
    face.box = whole;
    face.quality = vision::face_quality(image, {.box = whole});
    return face;
  }

  const std::vector<std::string>& labels() const { return classifier_.info().labels; }
  std::string_view detector_name() const { return detector_->name(); }
  const std::filesystem::path& path() const { return path_; }
  double min_confidence() const { return min_confidence_; }
  const Provenance& provenance() const { return provenance_; }

 private:
  static void append(std::vector<std::uint8_t>& crops, const Image& crop) {
    crops.insert(crops.end(), crop.row(0), crop.row(0) + crop.stride() * crop.height());
  }

  Impl(const std::filesystem::path& path, pipeline::ModelFile file, const AnalyzerOptions& options)
      : path_(path),
        // One thread: a photo's few faces take a millisecond, less than a second thread costs on a
        // busy machine.
        classifier_(pipeline::Classifier::make(
            std::move(file.model), path.string(),
            {pipeline::precision_from_string(options.precision), 1},
            {options.head, options.contempt ? std::vector<std::string>{} : kContempt})),
        min_confidence_(options.min_confidence),
        detector_(vision::make_face_detector(options.detector, {.min_face = options.min_face,
                                                                .threads = options.threads,
                                                                .min_score = options.min_score})),
        provenance_{.model = path.stem().string(),
                    .model_hash = std::move(file.hash),
                    .head = classifier_.head(),
                    .precision = std::string(engine::to_string(classifier_.network().precision())),
                    .detector = std::string(detector_->name()),
                    .version = MIEN_VERSION} {
    pipeline::check_min_confidence(min_confidence_);
    const auto& crops = classifier_.info().crops;
    const auto crop = crops.find(std::string(detector_->name()));
    if (crop != crops.end()) crop_ = crop->second;
  }

  Face read(std::span<const float> probabilities) const {
    Face face;
    face.probabilities.assign(probabilities.begin(), probabilities.end());
    pipeline::set_most_probable_label(face, labels(), min_confidence_);
    return face;
  }

  std::filesystem::path path_;
  pipeline::Classifier classifier_;
  double min_confidence_;
  std::unique_ptr<vision::FaceDetector> detector_;
  base::CropGeometry crop_;  // for this detector
  Provenance provenance_;
};

Analyzer Analyzer::load(const std::filesystem::path& model, const AnalyzerOptions& options) {
  return Analyzer(std::make_unique<Impl>(
      pipeline::locate_classifier(model, pipeline::precision_from_string(options.precision)),
      options));
}

Analyzer::Analyzer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Analyzer::Analyzer(Analyzer&&) noexcept = default;
Analyzer& Analyzer::operator=(Analyzer&&) noexcept = default;
Analyzer::~Analyzer() = default;

std::vector<Face> Analyzer::analyze(const ImageView& image) const {
  if (image.empty()) throw Error(ErrorCode::kInvalidArgument, "the image has no pixels");
  return impl_->analyze(image);
}
std::vector<DetectedFace> Analyzer::detect(const ImageView& image) const {
  return impl_->detect(image);
}
std::vector<Face> Analyzer::classify(const ImageView& image,
                                     std::span<const DetectedFace> faces) const {
  return impl_->classify(image, faces);
}
PhotoAnalysis Analyzer::analyze_file(const std::filesystem::path& path) const {
  return impl_->analyze_encoded(base::read_file(path, vision::DecodeLimits{}.max_file_bytes),
                                path.string());
}
PhotoAnalysis Analyzer::analyze_encoded(std::span<const std::byte> bytes,
                                        const std::string& name) const {
  return impl_->analyze_encoded(bytes, name);
}
Face Analyzer::classify(const ImageView& face) const { return impl_->classify(face); }
const std::vector<std::string>& Analyzer::labels() const { return impl_->labels(); }
std::string_view Analyzer::detector_name() const { return impl_->detector_name(); }
const std::filesystem::path& Analyzer::model_path() const { return impl_->path(); }
double Analyzer::min_confidence() const { return impl_->min_confidence(); }
const Provenance& Analyzer::provenance() const { return impl_->provenance(); }

Image read_image(const std::filesystem::path& path) { return vision::load_image(path); }

}  // namespace mien
