#include "datasets/read_images.hpp"

#include <gtest/gtest.h>

#include <string>

#include "base/file.hpp"
#include "mien/error.hpp"
#include "support.hpp"

namespace mien::datasets {
namespace {

/// A binary PGM of `side` x `side` pixels that are all `value`.
std::string flat_pgm(int side, char value) {
  const std::string size = std::to_string(side);
  return "P5\n" + size + " " + size + "\n255\n" +
         std::string(static_cast<std::size_t>(side) * static_cast<std::size_t>(side), value);
}

TEST(ReadImages, MakesSamplesAndSaysWhatItDropped) {
  const test::TemporaryDir root;
  std::filesystem::create_directories(root / "happy");
  base::write_file(root / "happy" / "S011_a.pgm", flat_pgm(96, 'a'));
  base::write_file(root / "happy" / "S011_b.pgm", std::string_view("P5\n96 96\n255\nshort"));
  base::write_file(root / "happy" / "S011_c.pgm", flat_pgm(48, 'c'));
  const ImageDataset out = read_images(list_labeled_images(root.path()).images);
  ASSERT_EQ(out.dataset.size(), 2u);
  EXPECT_EQ(out.dataset[0].pixels[0], 'a');
  EXPECT_EQ(out.dataset[0].pixels[kFacePixels - 1], 'a');
  EXPECT_EQ(out.dataset[0].emotion, static_cast<int>(Emotion::kHappy));
  EXPECT_STREQ(out.dataset[0].subject.data(), "S011");
  EXPECT_EQ(out.dataset[1].pixels[0], 'c');
  for (const Sample& sample : out.dataset) EXPECT_EQ(sample.row, -1);
  ASSERT_EQ(out.dropped.size(), 1u);
  EXPECT_EQ(out.dropped[0].path.filename(), "S011_b.pgm");
  EXPECT_NE(out.dropped[0].reason, "");
}

TEST(ReadImages, AsksTheCropper) {
  const test::TemporaryDir root;
  std::filesystem::create_directories(root / "sad");
  base::write_file(root / "sad" / "a.pgm", flat_pgm(48, 'a'));
  const std::vector<LabeledImage> images = list_labeled_images(root.path()).images;
  const ImageDataset none = read_images(images, [](const ImageView&) { return std::nullopt; });
  EXPECT_TRUE(none.dataset.empty());
  ASSERT_EQ(none.dropped.size(), 1u);
  EXPECT_EQ(none.dropped[0].reason, "no face was found");
  EXPECT_THROW(
      read_images(images, [](const ImageView&) { return Image(48, 48, PixelFormat::kRgb8); }),
      Error);
}

TEST(ReadImages, LeavesCkPlusAsItIs) {
  const auto root = test::shared_path("data/CK+48");
  if (!root) GTEST_SKIP() << "needs data/CK+48 in the data folder";
  const ImageDataset out = read_images(list_labeled_images(*root).images);
  EXPECT_EQ(out.dataset.size(), 981u);
  EXPECT_TRUE(out.dropped.empty());
}

TEST(ReadImages, FindsTheFacesOfJaffe) {
  const auto root = test::shared_path("data/jaffe");
  if (!root) GTEST_SKIP() << "needs data/jaffe in the data folder";
  const auto detector = vision::make_face_detector("hog", {.min_face = 80, .threads = 1});
  const ImageDataset out =
      read_images(list_labeled_images(*root).images, largest_face(*detector, {}));
  EXPECT_GE(out.dataset.size(), 210u);  // of 213
  EXPECT_EQ(out.dataset.size() + out.dropped.size(), 213u);
}

}  // namespace
}  // namespace mien::datasets
