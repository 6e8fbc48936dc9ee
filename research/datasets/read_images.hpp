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

/// Makes the face picture [48 x 48 gray] of an image; empty where it finds none.
using FaceCropper = std::function<std::optional<Image>(const ImageView&)>;

/// The whole image, for sets whose pictures are cut to the face already (FER2013, CK+48).
std::optional<Image> whole_image(const ImageView& image);

enum class Alignment {
  kEyes,  ///< turned so that the eyes are level where the detector finds them, as a photograph is
          ///< analysed
  kNone,
};

/// The largest face that the detector finds, cropped as `geometry` says. The detector must outlive
/// the cropper.
FaceCropper largest_face(const vision::FaceDetector& detector, const base::CropGeometry& geometry,
                         Alignment alignment = Alignment::kEyes);

/// An image that gave no sample, and why.
struct DroppedImage {
  std::filesystem::path path;
  std::string reason;
};

struct ImageDataset {
  Dataset dataset;  ///< in the order of the images; a sample's row is -1
  std::vector<DroppedImage> dropped;
};

/// Decodes the images and makes faces of them. Images that are damaged or in which the cropper
/// finds no face are dropped. Throws Error kInvalidArgument when the cropper returns anything but
/// 48 x 48 gray pixels.
ImageDataset read_images(std::span<const LabelledImage> images,
                         const FaceCropper& cropper = whole_image);

}  // namespace mien::datasets
