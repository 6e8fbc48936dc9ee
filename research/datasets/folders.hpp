#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "datasets/dataset.hpp"
#include "mien/emotion.hpp"

namespace mien::datasets {

/// Whether the name ends as that of an image file which mien reads does (.jpg, .PNG, …).
bool has_image_extension(const std::filesystem::path& path);

/// An image file and what its folder and name say of it.
struct LabelledImage {
  std::filesystem::path path;
  Emotion emotion = Emotion::kNeutral;
  Split split = Split::kTraining;
  std::string subject;  ///< the person; empty where the names do not say
};

/// Finds the images of a labelled folder, sorted by path. It may have one of three shapes:
/// - <class>/<image>, the class any word that emotion_from_string knows: all Training. Names that
/// start as those
///   of CK+ do ("S010_004_00000017.png") give the subject ("S010").
/// - <split>/<class>/<image>, the split "train", "val", "test" or FER2013's own words. "val" is
/// PublicTest and "test"
///   PrivateTest, but for files whose name starts with "PublicTest_" or "PrivateTest_", as Kaggle's
///   copies have them.
/// - JAFFE, a flat folder of "KA.AN1.39.tiff": subject KA, class AN DI FE HA NE SA SU; all
/// Training. Files without the extension of an image are passed over. Throws Error kNotFound (no
/// such folder, no image in it), kIo, kBadFormat (a folder of images that is no class, an image
/// beside JAFFE's with another name).
std::vector<LabelledImage> list_labelled_images(const std::filesystem::path& root);

}  // namespace mien::datasets
