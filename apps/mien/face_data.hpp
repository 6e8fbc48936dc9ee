#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "datasets/dataset.hpp"
#include "datasets/folders.hpp"
#include "mien/face.hpp"
#include "model/classifier.hpp"
#include "vision/face_detector.hpp"

namespace mien::apps {

/// The images of a labeled folder. Prints the number of images outside class folders to standard
/// error. Throws what datasets::list_labeled_images throws.
std::vector<datasets::LabeledImage> list_labeled_folder(const std::string& folder);

/// Face pictures, and where each lies in its image as far as a detector says.
struct FaceData {
  datasets::Dataset dataset;
  std::vector<std::optional<DetectedFace>> detected;  ///< [dataset]
};

/// The images of a labelled folder: the largest face that the detector finds, cropped as predict
/// does, or, without a detector, the whole image. Images left out are named on standard error.
FaceData read_face_folder(const std::string& folder, const vision::FaceDetector* detector,
                          const base::CropGeometry& geometry);

/// Looks for the one face in each picture of 48 x 48 pixels, made large enough for the detector; in
/// pixels of the picture. With a progress bar.
std::vector<std::optional<DetectedFace>> detect_in_pictures(
    const std::vector<const datasets::Sample*>& pictures, const vision::FaceDetector& detector);

/// "SCALE SHIFT_X SHIFT_Y" as the option --crop takes it; empty: the box itself. Throws Error
/// kInvalidArgument.
base::CropGeometry parse_crop(const std::string& text);

/// The crop around this detector's boxes that a model file asks for; the box itself where it names
/// none.
base::CropGeometry crop_of(const std::filesystem::path& model,
                           const vision::FaceDetector& detector);

}  // namespace mien::apps
