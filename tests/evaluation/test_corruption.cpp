#include "evaluation/corruption.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "error_code.hpp"

namespace mien::evaluation {
namespace {

Image filled(std::uint8_t value) {
  Image image(48, 48, PixelFormat::kGray8);
  std::fill(image.row(0), image.row(0) + 48 * 48, value);
  return image;
}

/// A bright square on dark ground.
Image square() {
  Image image = filled(40);
  for (int y = 16; y < 32; ++y) std::fill(image.row(y) + 16, image.row(y) + 32, 200);
  return image;
}

struct Statistics {
  double mean = 0, deviation = 0;
};

Statistics statistics(const Image& image) {
  Statistics out;
  for (int i = 0; i < 48 * 48; ++i) out.mean += image.row(0)[i] / 2304.0;
  for (int i = 0; i < 48 * 48; ++i)
    out.deviation += std::pow(image.row(0)[i] - out.mean, 2) / 2304.0;
  return {out.mean, std::sqrt(out.deviation)};
}

double difference(const Image& a, const Image& b) {
  double sum = 0;
  for (int i = 0; i < 48 * 48; ++i) sum += std::abs(a.row(0)[i] - b.row(0)[i]) / 2304.0;
  return sum;
}

TEST(Corrupt, NoiseHasTheDeviationAskedFor) {
  const Statistics noisy = statistics(corrupt(filled(128), Corruption::kNoise, 20, 1));
  EXPECT_NEAR(noisy.mean, 128, 1.3);  // three standard errors of 20 / sqrt(2304)
  EXPECT_NEAR(noisy.deviation, 20, 1);
  EXPECT_EQ(difference(corrupt(square(), Corruption::kNoise, 20, 7),
                       corrupt(square(), Corruption::kNoise, 20, 7)),
            0);
  EXPECT_GT(difference(corrupt(square(), Corruption::kNoise, 20, 7),
                       corrupt(square(), Corruption::kNoise, 20, 8)),
            5);
}

TEST(Corrupt, LowLightLeavesItsShare) {
  const Statistics dark = statistics(corrupt(filled(200), Corruption::kLowLight, 0.25, 1));
  EXPECT_NEAR(dark.mean, 50, 0.1);
  EXPECT_NEAR(dark.deviation, std::sqrt(1 + 1 / 12.0), 0.1);  // of the sensor, and of rounding
}

TEST(Corrupt, BlurKeepsTheLightAndSpreadsTheEdge) {
  // An edge between 0 and 200 under a blur of 2 px: half the height at the edge, Phi(1) of it a
  // deviation further.
  Image edge = filled(0);
  for (int y = 0; y < 48; ++y) std::fill(edge.row(y) + 24, edge.row(y) + 48, 200);
  const Image blurred = corrupt(edge, Corruption::kBlur, 2.0 / 48, 1);
  EXPECT_NEAR((blurred.row(9)[23] + blurred.row(9)[24]) / 2.0, 100, 1);
  EXPECT_NEAR((blurred.row(9)[25] + blurred.row(9)[26]) / 2.0, 200 * 0.8413, 2);
  EXPECT_EQ(blurred.row(9)[0], 0);
  EXPECT_EQ(blurred.row(9)[47], 200);
}

TEST(Corrupt, SmallFacesLoseTheirDetail) {
  Image stripes = filled(0);
  for (int y = 0; y < 48; ++y) {
    for (int x = 0; x < 48; x += 2) stripes.row(y)[x] = 255;
  }
  EXPECT_LT(statistics(corrupt(stripes, Corruption::kSmall, 16, 1)).deviation, 20);
  EXPECT_EQ(difference(corrupt(square(), Corruption::kSmall, 48, 1), square()), 0);
}

TEST(Corrupt, BoxesMoveAndGrow) {
  // A box half as large shows the square, a third of the image, at two thirds of it.
  const Statistics close = statistics(corrupt(square(), Corruption::kScale, 0.5, 1)),
                   whole = statistics(square()),
                   far = statistics(corrupt(square(), Corruption::kScale, 2, 1));
  EXPECT_NEAR(whole.mean, 40 + 160 / 9.0, 0.01);
  EXPECT_NEAR(close.mean, 40 + 160 * 4 / 9.0, 3);
  EXPECT_NEAR(far.mean, 40 + 160 / 36.0, 1);
  // Moved by a quarter of the side in any direction, the square stays inside.
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    const Image moved = corrupt(square(), Corruption::kShift, 0.25, seed);
    EXPECT_NEAR(statistics(moved).mean, whole.mean, 0.6);
    EXPECT_GT(difference(moved, square()), 10);
  }
}

TEST(Corrupt, StepsGrowWithinTheirKind) {
  std::map<std::string, double> last;
  for (const CorruptionStep& step : corruption_steps()) {
    const double change = difference(corrupt(square(), step.kind, step.strength, 3), square());
    if (step.kind != Corruption::kJpeg) {
      EXPECT_GT(change, last[step.name]) << step.name << ' ' << step.text;
    }
    last[step.name] = change;
  }
  EXPECT_EQ(last.size(), 8U);
}

TEST(Corrupt, OnlyGrayImages) {
  EXPECT_EQ(
      test::code_of([] { corrupt(Image(48, 48, PixelFormat::kRgb8), Corruption::kNoise, 1, 1); }),
      ErrorCode::kInvalidArgument);
  EXPECT_EQ(test::code_of([] { corrupt({}, Corruption::kNoise, 1, 1); }),
            ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace mien::evaluation
