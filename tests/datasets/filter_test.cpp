#include "datasets/filter.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <stdexcept>

#include "data_support.hpp"
#include "mien/error.hpp"

namespace mien::datasets {
namespace {

using test::make_sample;

/// Finds as many faces as the first pixel of the image says, each its right lower quarter.
class CountingDetector : public vision::FaceDetector {
 public:
  std::string_view name() const override { return "counting"; }
  std::vector<DetectedFace> detect(const ImageView& image) const override {
    const float half = static_cast<float>(image.width) / 2;
    if (image.row(0)[0] == 99) throw std::runtime_error("broken");
    return std::vector<DetectedFace>(image.row(0)[0], {{half, half, half, half}, 1, {}});
  }
};

/// Images of `faces` faces with the quarter that the detector finds at 200.
Sample image(int faces) {
  Sample sample = make_sample(0, 3, Split::kPublicTest);
  for (int i = 0; i < kFacePixels; ++i) {
    const bool quarter = i / kFaceSize >= kFaceSize / 2 && i % kFaceSize >= kFaceSize / 2;
    sample.pixels[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(quarter ? 200 : faces);
  }
  return sample;
}

TEST(FilterByFace, KeepsOneFaceAndCropsToIt) {
  Dataset dataset = {image(0), image(1), image(2), image(1), image(0)};
  for (std::size_t i = 0; i < dataset.size(); ++i)
    dataset[i].row = static_cast<std::int32_t>(10 + i);
  const FilteredDataset out = filter_by_face(dataset, CountingDetector());
  ASSERT_EQ(out.kept.size(), 2u);
  EXPECT_EQ(out.no_face, 2u);
  EXPECT_EQ(out.several_faces, 1u);
  EXPECT_EQ(out.kept[0].row, 11);
  EXPECT_EQ(out.kept[1].row, 13);
  EXPECT_EQ(out.kept[0].split, Split::kPublicTest);
  EXPECT_EQ(out.kept[0].emotion, 3);
  // The quarter fills the crop, but for what the filter takes from across its edge.
  EXPECT_EQ(out.kept[0].pixels[kFaceSize * 8 + 8], 200);
  EXPECT_EQ(out.kept[0].pixels[kFacePixels - 1], 200);
}

TEST(FilterByFace, DoesNotDependOnThreads) {
  Dataset dataset;
  for (int i = 0; i < 300; ++i) {
    dataset.push_back(image(i % 3));
    dataset.back().row = i;
  }
  const FilteredDataset one = filter_by_face(dataset, CountingDetector(), {.threads = 1});
  const FilteredDataset four = filter_by_face(dataset, CountingDetector(), {.threads = 4});
  ASSERT_EQ(one.kept.size(), 100u);
  EXPECT_EQ(dataset_hash(one.kept), dataset_hash(four.kept));
  for (std::size_t i = 0; i < 100; ++i) EXPECT_EQ(four.kept[i].row, one.kept[i].row);
}

TEST(FilterByFace, ReportsProgressAndStops) {
  const Dataset dataset(250, image(1));
  std::size_t last = 0;
  filter_by_face(dataset, CountingDetector(), {}, [&](std::size_t done, std::size_t total) {
    EXPECT_EQ(total, 250u);
    EXPECT_GE(done, last);
    last = done;
  });
  EXPECT_EQ(last, 250u);
  const auto stop = [](std::size_t, std::size_t) {
    throw Error(ErrorCode::kInterrupted, "enough");
  };
  EXPECT_THROW(filter_by_face(dataset, CountingDetector(), {}, stop), Error);
}

TEST(FilterByFace, PassesOnWhatTheDetectorThrows) {
  Dataset dataset(50, image(1));
  dataset[30] = image(99);
  EXPECT_THROW(filter_by_face(dataset, CountingDetector(), {.threads = 3}), std::runtime_error);
}

TEST(FilterByFace, RefusesOptionsOutOfRange) {
  EXPECT_THROW(filter_by_face({}, CountingDetector(), {.upscale = 0}), Error);
  EXPECT_THROW(filter_by_face({}, CountingDetector(), {.threads = 0}), Error);
  EXPECT_TRUE(filter_by_face({}, CountingDetector()).kept.empty());
}

TEST(FilterByFace, KeepsTheShareOfFer2013ThatTheOriginalDid) {
  const std::optional<Dataset> fer2013 = test::read_real_fer2013();
  if (!fer2013) GTEST_SKIP() << "needs data/fer2013.csv.xz in the data folder, and xz";
  const Dataset some(fer2013->begin(), fer2013->begin() + 2000);
  const auto detector = vision::make_face_detector("hog", {.min_face = 80, .threads = 1});
  const FilteredDataset out = filter_by_face(some, *detector);
  EXPECT_EQ(out.kept.size() + out.no_face + out.several_faces, some.size());
  EXPECT_NEAR(static_cast<double>(out.kept.size()) / 2000, 19774.0 / 28709, 0.03);
}

}  // namespace
}  // namespace mien::datasets
