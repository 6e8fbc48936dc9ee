#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "datasets/dataset.hpp"
#include "mien/emotion.hpp"

namespace mien::datasets {

/// Whether the file name has an image extension that Mien reads (.jpg, .PNG, …).
bool has_image_extension(const std::filesystem::path& path);

/// An image file and the annotations of its folder and name.
struct LabeledImage {
  std::filesystem::path path;
  Emotion emotion = Emotion::kNeutral;
  Split split = Split::kTraining;
  std::string subject;  ///< empty if unknown
};

struct LabeledFolder {
  std::vector<LabeledImage> images;            ///< sorted by path within each folder
  std::vector<std::filesystem::path> skipped;  ///< images outside class folders
};

/// Lists the images of a labeled folder, which has one of three layouts:
/// - <class>/<image>, where the class is a name that emotion_from_string accepts; all Training.
///   File names like CK+'s ("S010_004_00000017.png") give the subject ("S010").
/// - <split>/<class>/<image>, where the split is a name that split_from_string accepts. File names
///   that start with "PublicTest_" or "PrivateTest_", as in Kaggle's copies, override it.
/// - JAFFE: a flat folder of "KA.AN1.39.tiff" (subject KA, class AN DI FE HA NE SA SU); all
///   Training.
/// Files without an image extension are ignored. Throws Error kNotFound (no such folder, no
/// images), kIo, kBadFormat (a folder with images whose name is neither a class nor a split, or a
/// flat folder of images with other names).
LabeledFolder list_labeled_images(const std::filesystem::path& root);

}  // namespace mien::datasets
