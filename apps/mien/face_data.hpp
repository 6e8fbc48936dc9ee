#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/options.hpp"
#include "datasets/dataset.hpp"
#include "datasets/folders.hpp"
#include "mien/face.hpp"
#include "model/classifier.hpp"
#include "vision/face_detector.hpp"

namespace mien::apps {

/// The images of a labeled folder. Prints the number of images outside class folders on stderr.
/// Throws what datasets::list_labeled_images throws.
std::vector<datasets::LabeledImage> list_labeled_folder(const std::string& folder);

/// Face images, and where the detector found each in its photo.
struct FaceData {
  datasets::Dataset dataset;
  std::vector<std::optional<DetectedFace>> detected;  ///< [dataset]
};

/// The images of a labeled folder: with a detector the largest face of each, cropped as predict
/// does, otherwise the whole image. Names images without a face on stderr.
FaceData read_face_folder(const std::string& folder, const vision::FaceDetector* detector,
                          const base::CropGeometry& geometry);

/// Detects the face in each image of 48 x 48 pixels, after upscaling it; boxes and landmarks are in
/// pixels of the image. With a progress bar.
std::vector<std::optional<DetectedFace>> detect_in_crops(
    const std::vector<const datasets::Sample*>& images, const vision::FaceDetector& detector);

/// Declares --crop, and reads its value "SCALE SHIFT_X SHIFT_Y"; empty: the box itself. Throws
/// Error kInvalidArgument.
void add_crop_option(base::OptionSet& options, std::string& crop, const char* by_default);
base::CropGeometry parse_crop(const std::string& text);

/// The crop geometry of a model file for this detector; by default the box itself.
base::CropGeometry crop_of(const std::filesystem::path& model,
                           const vision::FaceDetector& detector);

}  // namespace mien::apps
