#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "datasets/dataset.hpp"
#include "datasets/folders.hpp"
#include "mien/image.hpp"
#include "model/classifier.hpp"
#include "vision/face_detector.hpp"

namespace mien::datasets {

/// Returns the 48 x 48 gray face of an image, or nothing if there is no face.
using FaceCropper = std::function<std::optional<Image>(const ImageView&)>;

/// Scales the whole image, for sets whose images are already cropped (FER2013, CK+48).
std::optional<Image> whole_image(const ImageView& image);

enum class Alignment {
  kEyes,  ///< rotated so that the eyes are level, if the detector returns landmarks (as for photos)
  kNone,
};

/// Crops the largest detected face with `geometry`. The detector must outlive the cropper.
FaceCropper largest_face(const vision::FaceDetector& detector, const base::CropGeometry& geometry,
                         Alignment alignment = Alignment::kEyes);

/// An image that was dropped, and why.
struct DroppedImage {
  std::filesystem::path path;
  std::string reason;
};

struct ImageDataset {
  Dataset dataset;  ///< in the order of the images; row is -1
  std::vector<DroppedImage> dropped;
};

/// Decodes and crops the images. Damaged images and images without a face are dropped. Throws Error
/// kInvalidArgument if the cropper returns anything but 48 x 48 gray pixels.
ImageDataset read_images(std::span<const LabeledImage> images,
                         const FaceCropper& cropper = whole_image);

}  // namespace mien::datasets
