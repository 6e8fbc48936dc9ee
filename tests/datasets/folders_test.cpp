#include "datasets/folders.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "base/file.hpp"
#include "mien/error.hpp"
#include "support.hpp"

namespace mien::datasets {
namespace {

/// Makes a file, and the folders to it.
void touch(const std::filesystem::path& path) {
  std::filesystem::create_directories(path.parent_path());
  base::write_file(path, std::string_view("x"));
}

ErrorCode error_of(const std::filesystem::path& root) {
  try {
    list_labeled_images(root);
  } catch (const Error& error) {
    return error.code();
  }
  ADD_FAILURE() << "nothing was thrown for " << root;
  return ErrorCode::kInterrupted;
}

TEST(ImageExtension, IsReadInAnyCase) {
  for (const char* name : {"a.jpg", "a/b.c.JPEG", "a.jpe", "a.Png", "a.tiff"})
    EXPECT_TRUE(has_image_extension(name)) << name;
  for (const char* name : {"", "jpg", ".jpg", "a.jpg/b", "a.gif", "a.jpg.txt"})
    EXPECT_FALSE(has_image_extension(name)) << name;
}

TEST(ListLabeledImages, ReadsClassFolders) {
  const test::TemporaryDir root;
  touch(root / "happy" / "b.PNG");
  touch(root / "happy" / "a.jpg");
  touch(root / "anger" / "S010_004_00000017.png");
  touch(root / "anger" / "Thumbs.db");
  touch(root / "anger" / ".hidden.png");
  touch(root / "README.md");
  std::filesystem::create_directories(root / "notes");
  const std::vector<LabeledImage> images = list_labeled_images(root.path()).images;
  ASSERT_EQ(images.size(), 3u);
  EXPECT_EQ(images[0].emotion, Emotion::kAngry);
  EXPECT_EQ(images[0].subject, "S010");
  EXPECT_EQ(images[1].path, root / "happy" / "a.jpg");
  EXPECT_EQ(images[1].emotion, Emotion::kHappy);
  EXPECT_EQ(images[1].split, Split::kTraining);
  EXPECT_EQ(images[1].subject, "");
}

TEST(ListLabeledImages, ReadsSplitsFromFoldersAndNames) {
  const test::TemporaryDir root;
  touch(root / "test" / "sad" / "PublicTest_1.jpg");
  touch(root / "test" / "sad" / "PrivateTest_2.jpg");
  touch(root / "test" / "sad" / "other.jpg");
  touch(root / "train" / "sad" / "Training_3.jpg");
  touch(root / "validation" / "sad" / "4.jpg");
  std::vector<Split> splits;
  for (const LabeledImage& image : list_labeled_images(root.path()).images)
    splits.push_back(image.split);
  // By path: test/sad/PrivateTest_2, PublicTest_1, other; train/…; validation/…
  EXPECT_EQ(splits,
            (std::vector<Split>{Split::kPrivateTest, Split::kPublicTest, Split::kPrivateTest,
                                Split::kTraining, Split::kPublicTest}));
}

TEST(ListLabeledImages, AcceptsCommonSplitNamesInAnyCase) {
  const test::TemporaryDir root;
  const std::pair<const char*, Split> cases[] = {
      {"Train", Split::kTraining},   {"TRAINING", Split::kTraining},
      {"dev", Split::kPublicTest},   {"Val", Split::kPublicTest},
      {"valid", Split::kPublicTest}, {"PublicTest", Split::kPublicTest},
      {"Test", Split::kPrivateTest}, {"Testing", Split::kPrivateTest}};
  for (const auto& [name, split] : cases)
    touch(root / name / "happy" / (std::string(name) + ".png"));
  const LabeledFolder folder = list_labeled_images(root.path());
  ASSERT_EQ(folder.images.size(), std::size(cases));
  for (const auto& [name, split] : cases) {
    const auto found =
        std::find_if(folder.images.begin(), folder.images.end(),
                     [&](const LabeledImage& image) { return image.path.stem() == name; });
    ASSERT_NE(found, folder.images.end()) << name;
    EXPECT_EQ(found->split, split) << name;
  }
}

TEST(ListLabeledImages, CountsImagesOutsideClassFolders) {
  const test::TemporaryDir root;
  touch(root / "train" / "happy" / "a.png");
  touch(root / "train" / "b.png");
  touch(root / "c.png");
  const LabeledFolder folder = list_labeled_images(root.path());
  EXPECT_EQ(folder.images.size(), 1u);
  EXPECT_EQ(folder.skipped, (std::vector{root / "c.png", root / "train" / "b.png"}));
}

TEST(ListLabeledImages, RejectsUnknownSplitsAndClasses) {
  const test::TemporaryDir root;
  touch(root / "train" / "happy" / "a.png");
  touch(root / "holdout" / "happy" / "a.png");
  EXPECT_EQ(error_of(root.path()), ErrorCode::kBadFormat);
  std::filesystem::remove_all(root / "holdout");
  touch(root / "train" / "bored" / "a.png");
  EXPECT_EQ(error_of(root.path()), ErrorCode::kBadFormat);
  std::filesystem::remove_all(root / "train" / "bored");
  std::filesystem::create_directories(root / "notes");
  EXPECT_EQ(list_labeled_images(root.path()).images.size(), 1u);
}

TEST(ListLabeledImages, ReadsJaffeNames) {
  const test::TemporaryDir root;
  touch(root / "KA.AN1.39.tiff");
  touch(root / "YM.SU3.60.tiff");
  const std::vector<LabeledImage> images = list_labeled_images(root.path()).images;
  ASSERT_EQ(images.size(), 2u);
  EXPECT_EQ(images[0].emotion, Emotion::kAngry);
  EXPECT_EQ(images[0].subject, "KA");
  EXPECT_EQ(images[1].emotion, Emotion::kSurprise);
  EXPECT_EQ(images[1].subject, "YM");
}

TEST(ListLabeledImages, RefusesWhatItDoesNotKnow) {
  const test::TemporaryDir root;
  EXPECT_EQ(error_of(root / "none"), ErrorCode::kNotFound);
  EXPECT_EQ(error_of(root.path()), ErrorCode::kNotFound);  // an empty folder
  touch(root / "file");
  EXPECT_EQ(error_of(root / "file"), ErrorCode::kIo);
  touch(root / "bored" / "a.png");
  EXPECT_EQ(error_of(root.path()), ErrorCode::kBadFormat);
  std::filesystem::remove_all(root / "bored");
  touch(root / "holiday.jpg");
  EXPECT_EQ(error_of(root.path()), ErrorCode::kBadFormat);
}

TEST(ListLabeledImages, KnowsCkPlus) {
  const auto root = test::shared_path("data/CK+48");
  if (!root) GTEST_SKIP() << "needs data/CK+48 in the data folder";
  const std::vector<LabeledImage> images = list_labeled_images(*root).images;
  EXPECT_EQ(images.size(), 981u);
  std::set<Emotion> emotions;
  for (const LabeledImage& image : images) {
    emotions.insert(image.emotion);
    EXPECT_EQ(image.subject.size(), 4u) << image.path;
  }
  EXPECT_EQ(emotions.size(), 7u);
  EXPECT_TRUE(emotions.contains(Emotion::kContempt));
  EXPECT_FALSE(emotions.contains(Emotion::kNeutral));
}

TEST(ListLabeledImages, KnowsJaffe) {
  const auto root = test::shared_path("data/jaffe");
  if (!root) GTEST_SKIP() << "needs data/jaffe in the data folder";
  const std::vector<LabeledImage> images = list_labeled_images(*root).images;
  EXPECT_EQ(images.size(), 213u);
  std::set<std::string> subjects;
  for (const LabeledImage& image : images) subjects.insert(image.subject);
  EXPECT_EQ(subjects.size(), 10u);
}

}  // namespace
}  // namespace mien::datasets
