#include "datasets/read_images.hpp"

#include <algorithm>

#include "mien/error.hpp"
#include "vision/crop.hpp"
#include "vision/decode.hpp"

namespace mien::datasets {
namespace {

Sample make_sample(const LabeledImage& source, const Image& face) {
  if (face.width() != kFaceSize || face.height() != kFaceSize ||
      face.format() != PixelFormat::kGray8) {
    throw Error(ErrorCode::kInvalidArgument,
                source.path.string() + ": the cropped face must be 48 x 48 gray");
  }
  Sample sample;
  std::copy_n(face.row(0), kFacePixels, sample.pixels.begin());
  sample.emotion = static_cast<std::int8_t>(source.emotion);
  sample.split = source.split;
  std::copy_n(source.subject.begin(), std::min(source.subject.size(), sample.subject.size()),
              sample.subject.begin());
  return sample;
}

}  // namespace

std::optional<Image> whole_image(const ImageView& image) {
  return vision::resize(vision::to_gray(image), kFaceSize, kFaceSize);
}

FaceCropper largest_face(const vision::FaceDetector& detector, const base::CropGeometry& geometry,
                         Alignment alignment) {
  return [&detector, geometry, alignment](const ImageView& image) -> std::optional<Image> {
    const std::vector<DetectedFace> faces = detector.detect(image);
    if (faces.empty()) return std::nullopt;
    if (alignment == Alignment::kNone)
      return vision::crop_face(image, faces[0].box, geometry, kFaceSize);
    return vision::crop_aligned_face(image, faces[0], geometry, kFaceSize);
  };
}

ImageDataset read_images(std::span<const LabeledImage> images, const FaceCropper& cropper) {
  ImageDataset out;
  for (const LabeledImage& source : images) {
    Image image;
    try {
      image = vision::load_image(source.path);
    } catch (const Error& error) {
      out.dropped.push_back({source.path, error.what()});
      continue;
    }
    if (const std::optional<Image> face = cropper(image)) {
      out.dataset.push_back(make_sample(source, *face));
    } else {
      out.dropped.push_back({source.path, "no face was found"});
    }
  }
  return out;
}

}  // namespace mien::datasets
