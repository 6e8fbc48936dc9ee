#include "tracking/scene_cut.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace mien::tracking {
namespace {

/// Stripes and blobs, `seed` says which; moved to the side by `shift` pixels.
Image scene(int seed, int shift) {
  Image image(320, 180, PixelFormat::kRgb8);
  for (int y = 0; y < image.height(); ++y) {
    for (int x = 0; x < image.width(); ++x) {
      const double wave =
          std::sin((x + shift) * 0.02 * (seed + 1)) + std::cos(y * 0.03 * (seed + 2));
      for (int c = 0; c < 3; ++c)
        image.row(y)[3 * x + c] = static_cast<std::uint8_t>(127 + 60 * wave);
    }
  }
  return image;
}

TEST(SceneCut, FoundWhereTheSceneChanges) {
  SceneCut is_cut;
  for (int i = 0; i < 60; ++i)
    EXPECT_EQ(is_cut(scene(i / 20, 0), i / 30.0), i > 0 && i % 20 == 0) << "frame " << i;
}

TEST(SceneCut, NotFoundWhereTheCameraMoves) {
  SceneCut is_cut;
  for (int i = 0; i < 60; ++i) EXPECT_FALSE(is_cut(scene(1, 12 * i), i / 30.0)) << "frame " << i;
}

TEST(SceneCut, IgnoresFramesFarApart) {
  SceneCut is_cut;
  is_cut(scene(0, 0), 0);
  EXPECT_FALSE(is_cut(scene(1, 0), 1));
  EXPECT_TRUE(is_cut(scene(2, 0), 1.1));
}

TEST(SceneCut, SmallAndEmptyFrames) {
  SceneCut is_cut;
  EXPECT_FALSE(is_cut(Image(3, 2, PixelFormat::kGray8), 0));
  EXPECT_FALSE(is_cut(Image(1, 1, PixelFormat::kRgb8), 0.03));
  EXPECT_FALSE(is_cut(ImageView{}, 0.06));
}

}  // namespace
}  // namespace mien::tracking
