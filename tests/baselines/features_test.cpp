#include "baselines/features.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "baselines/hog_features.hpp"
#include "synthetic_faces.hpp"

namespace mien::baselines {
namespace {

TEST(Features, PixelsHaveNeitherLightNorContrast) {
  datasets::Sample face = test::synthetic_faces(1)[0], darker = face, flat;
  for (std::uint8_t& pixel : darker.pixels) pixel = static_cast<std::uint8_t>(pixel / 2 * 2);
  face = darker;
  for (std::uint8_t& pixel : darker.pixels) pixel = static_cast<std::uint8_t>(pixel / 2 + 9);
  flat.pixels.fill(200);
  const datasets::Sample* const images[] = {&face, &darker, &flat};
  const FeatureTable table = features_of(images, Features::kPixels);
  ASSERT_EQ(table.rows(), 3U);
  ASSERT_EQ(table.columns(), 2304U);
  double sum = 0, squares = 0;
  for (std::size_t i = 0; i < table.columns(); ++i) {
    const double value = table.row(0)[i];
    sum += value, squares += value * value;
    EXPECT_NEAR(value, table.row(1)[i], 1e-4);
    EXPECT_EQ(table.row(2)[i], 0);
  }
  EXPECT_NEAR(sum / 2304, 0, 1e-5);
  EXPECT_NEAR(squares / 2304, 1, 1e-4);
}

TEST(Features, HogIsThatOfTheImage) {
  const datasets::Dataset faces = test::synthetic_faces(1);
  const datasets::Sample* const images[] = {&faces[0], &faces[5]};
  const FeatureTable table = features_of(images, Features::kHog);
  ASSERT_EQ(table.columns(), 900U);
  for (std::size_t i = 0; i < 2; ++i) {
    const std::vector<float> hog =
        hog_features({images[i]->pixels.data(), datasets::kFaceSize, datasets::kFaceSize,
                      datasets::kFaceSize, PixelFormat::kGray8});
    EXPECT_TRUE(std::equal(hog.begin(), hog.end(), table.row(i).begin(), table.row(i).end()));
  }
}

}  // namespace
}  // namespace mien::baselines
