#include "face_data.hpp"

#include <cstdio>
#include <sstream>

#include "common/interrupt.hpp"
#include "common/progress.hpp"
#include "datasets/folders.hpp"
#include "datasets/read_images.hpp"
#include "mien/error.hpp"
#include "model/model.hpp"
#include "vision/crop.hpp"

namespace mien::apps {

std::vector<datasets::LabeledImage> list_labeled_folder(const std::string& folder) {
  datasets::LabeledFolder listed = datasets::list_labeled_images(folder);
  if (!listed.skipped.empty()) {
    std::fprintf(stderr, "mien: %s: skipped %zu images outside class folders, such as %s\n",
                 folder.c_str(), listed.skipped.size(), listed.skipped[0].c_str());
  }
  return std::move(listed.images);
}

FaceData read_face_folder(const std::string& folder, const vision::FaceDetector* detector,
                          const base::CropGeometry& geometry) {
  const std::vector<datasets::LabeledImage> images = list_labeled_folder(folder);
  FaceData out;
  const Interrupt interrupt;
  ProgressBar bar("read", static_cast<std::int64_t>(images.size()), "images");
  std::int64_t done = 0;
  const datasets::FaceCropper cropper = [&](const ImageView& image) -> std::optional<Image> {
    if (Interrupt::requested()) throw Error(ErrorCode::kInterrupted, "interrupted");
    bar.update(++done);
    if (detector == nullptr) return out.detected.emplace_back(), datasets::whole_image(image);
    const std::vector<DetectedFace> faces = detector->detect(image);
    if (faces.empty()) return std::nullopt;
    out.detected.emplace_back(faces[0]);
    return vision::crop_aligned_face(image, faces[0], geometry, datasets::kFaceSize);
  };
  datasets::ImageDataset read = datasets::read_images(images, cropper);
  bar.clear();
  for (const datasets::DroppedImage& dropped : read.dropped)
    std::fprintf(stderr, "mien: %s: left out: %s\n", dropped.path.c_str(), dropped.reason.c_str());
  if (read.dataset.empty()) throw Error(ErrorCode::kBadFormat, folder + ": no face in any image");
  out.dataset = std::move(read.dataset);
  return out;
}

std::vector<std::optional<DetectedFace>> detect_in_crops(
    const std::vector<const datasets::Sample*>& images, const vision::FaceDetector& detector) {
  constexpr int kUpscale = 4;
  std::vector<std::optional<DetectedFace>> out;
  const Interrupt interrupt;
  ProgressBar bar("find eyes", static_cast<std::int64_t>(images.size()), "images");
  for (const datasets::Sample* sample : images) {
    if (Interrupt::requested()) throw Error(ErrorCode::kInterrupted, "interrupted");
    const ImageView image{sample->pixels.data(), datasets::kFaceSize, datasets::kFaceSize,
                          datasets::kFaceSize, PixelFormat::kGray8};
    const std::vector<DetectedFace> faces = detector.detect(
        vision::resize(image, kUpscale * datasets::kFaceSize, kUpscale * datasets::kFaceSize));
    out.emplace_back();
    if (!faces.empty()) out.back() = vision::scaled(faces[0], 1.0F / kUpscale, 1.0F / kUpscale);
    bar.update(static_cast<std::int64_t>(out.size()));
  }
  return out;
}

void add_crop_option(base::OptionSet& options, std::string& crop, const char* by_default) {
  options.add(
      crop, "crop", "GEOMETRY",
      std::string("\"SCALE SHIFT_X SHIFT_Y\" of the crop around a face's box; by default ") +
          by_default);
}

base::CropGeometry parse_crop(const std::string& text) {
  base::CropGeometry geometry;
  if (text.empty()) return geometry;
  std::istringstream stream(text);
  if (!(stream >> geometry.scale >> geometry.shift_x >> geometry.shift_y) ||
      !(stream >> std::ws).eof() || !(geometry.scale > 0)) {
    throw Error(ErrorCode::kInvalidArgument,
                "--crop: must be \"SCALE SHIFT_X SHIFT_Y\", not '" + text + "'");
  }
  return geometry;
}

base::CropGeometry crop_of(const std::filesystem::path& model,
                           const vision::FaceDetector& detector) {
  const model::Model file = model::read_onnx(model);
  const auto crop = file.metadata.find("crop." + std::string(detector.name()));
  return parse_crop(crop == file.metadata.end() ? "" : crop->second);
}

}  // namespace mien::apps
