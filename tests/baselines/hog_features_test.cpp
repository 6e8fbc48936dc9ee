#include "baselines/hog_features.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "mien/error.hpp"

namespace mien::baselines {
namespace {

Image image_of(int width, int height, const std::function<int(int x, int y)>& value) {
  Image image(width, height, PixelFormat::kGray8);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) image.row(y)[x] = static_cast<std::uint8_t>(value(x, y));
  }
  return image;
}

/// Black but for one pixel of 100.
Image spot() {
  return image_of(16, 16, [](int x, int y) { return x == 3 && y == 4 ? 100 : 0; });
}

TEST(HogCells, OfARamp) {
  // Gray values 10 x: the gradient is 20 (10 in the first and last column), to the right. 0 degrees
  // lie halfway between the centers of the orientations 170 and 10. The left cells get of columns 0
  // … 11 the parts 9 11 13 15 15 13 11 9 7 5 3 1 sixteenths: 20 * 7 - 10 * 9/16 = 134.375, and of
  // the rows 7 in all. The right and lower cells are the mirror image.
  for (const bool turned : {false, true}) {
    const std::vector<float> cells =
        hog_cells(image_of(16, 16, [&](int x, int y) { return 10 * (turned ? y : x); }));
    ASSERT_EQ(cells.size(), 4U * 9);
    for (int cell = 0; cell < 4; ++cell) {
      for (int bin = 0; bin < 9; ++bin) {
        // Turned, it points down: 90 degrees are the center of orientation 4.
        const double share = turned ? (bin == 4 ? 1 : 0) : (bin == 0 || bin == 8 ? 0.5 : 0);
        EXPECT_NEAR(cells[static_cast<std::size_t>(cell * 9 + bin)], share * 134.375 * 7, 1e-2)
            << cell << " " << bin;
      }
    }
  }
}

TEST(HogCells, OfASpot) {
  // Four gradients of 100: to the right at (2, 4), to the left, which counts the same, at (4, 4),
  // down at (3, 3) and up at (3, 5). Columns 2, 3 and 4 give 13/16, 15/16 and 15/16 to the left
  // cells and 0, 0, 1/16 to the right ones; rows 3, 4 and 5 give 15/16, 15/16, 13/16 to the upper
  // cells and 0, 1/16, 3/16 to the lower ones.
  struct Expected {
    double level, upright;  // the gradients along rows, halved over two orientations; along columns
  };
  const Expected expected[4] = {{100 * (13 + 15) * 15 / 256.0, 100 * 15 * (15 + 13) / 256.0},
                                {100 * 1 * 15 / 256.0, 0},
                                {100 * (13 + 15) * 1 / 256.0, 100 * 15 * 3 / 256.0},
                                {100 * 1 * 1 / 256.0, 0}};
  const std::vector<float> cells = hog_cells(spot());
  for (std::size_t cell = 0; cell < 4; ++cell) {
    for (std::size_t bin = 0; bin < 9; ++bin) {
      const double value = bin == 4               ? expected[cell].upright
                           : bin == 0 || bin == 8 ? expected[cell].level / 2
                                                  : 0;
      EXPECT_NEAR(cells[cell * 9 + bin], value, 1e-3) << cell << " " << bin;
    }
  }
}

TEST(HogCells, SlantedGradientsAreSharedByTwoOrientations) {
  // 45 degrees lie a quarter of the way from 50 to 30, and the opposite gradient does too. A cell
  // away from the edges gets 8 * 8 lengths of 4 √2.
  for (const int direction : {1, -1}) {
    const std::vector<float> cells = hog_cells(
        image_of(40, 40, [&](int x, int y) { return 120 + direction * 2 * (x + y - 39); }));
    const float* const middle = cells.data() + (2 * 5 + 2) * 9;
    for (int bin = 0; bin < 9; ++bin)
      EXPECT_NEAR(middle[bin],
                  (bin == 1   ? 0.25
                   : bin == 2 ? 0.75
                              : 0) *
                      64 * 4 * std::sqrt(2),
                  0.05)
          << bin;
  }
}

TEST(HogFeatures, AreCutOffAndOfLengthOne) {
  // The spot's block has the values 82.03 164.06 82.03, 2.93 2.93, 5.47 17.58 5.47, 0.20 0.20 and
  // the length 201.89: 0.406 0.813 0.406, 0.0145 …, 0.0271 0.0871 …, 0.0010 …; cut off at 0.2 the
  // length is 0.3598.
  const std::vector<float> features = hog_features(spot());
  ASSERT_EQ(features.size(), 36U);
  double squares = 0;
  for (const float value : features) squares += static_cast<double>(value) * value;
  EXPECT_NEAR(squares, 1, 1e-4);
  for (const std::size_t bin : {0U, 4U, 8U}) EXPECT_NEAR(features[bin], 0.2 / 0.3598, 1e-3) << bin;
  EXPECT_NEAR(features[9], 0.01451 / 0.3598, 1e-4);
  EXPECT_NEAR(features[18], 0.02709 / 0.3598, 1e-4);
  EXPECT_NEAR(features[22], 0.08707 / 0.3598, 1e-4);
  EXPECT_NEAR(features[27], 0.00097 / 0.3598, 1e-4);
  EXPECT_EQ(features[1], 0);
}

TEST(HogFeatures, HaveABlockAtEachCellButTheLast) {
  const std::vector<float> features =
      hog_features(image_of(29, 33, [](int x, int y) { return (x * 7 + y * y) % 256; }));
  EXPECT_EQ(features.size(), 3U * 2 * 36);  // 4 rows of 3 whole cells
  EXPECT_EQ(hog_features(image_of(48, 48, [](int, int) { return 0; })).size(), 900U);
}

TEST(HogFeatures, DoNotCareForLight) {
  const auto face = [](int gain, int offset) {
    return image_of(48, 48, [=](int x, int y) { return offset + gain * ((x * y) % 60); });
  };
  const std::vector<float> dark = hog_features(face(1, 10)), bright = hog_features(face(3, 70));
  for (std::size_t i = 0; i < dark.size(); ++i) EXPECT_NEAR(dark[i], bright[i], 1e-4) << i;
}

TEST(HogFeatures, OfNothingAreNothing) {
  for (const float value : hog_features(image_of(24, 24, [](int, int) { return 77; })))
    EXPECT_EQ(value, 0);
}

TEST(HogFeatures, RefuseWhatIsTooSmallOrInColor) {
  EXPECT_THROW(hog_features(Image(15, 48, PixelFormat::kGray8)), Error);
  EXPECT_THROW(hog_features(Image(48, 15, PixelFormat::kGray8)), Error);
  EXPECT_THROW(hog_features(Image(48, 48, PixelFormat::kRgb8)), Error);
}

}  // namespace
}  // namespace mien::baselines
