#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "mien/error.hpp"
#include "vision/crop.hpp"

namespace mien::vision {
namespace {

Image noise(int width, int height, PixelFormat format, unsigned seed = 1) {
  Image image(width, height, format);
  for (int y = 0; y < height; ++y) {
    for (int i = 0; i < image.stride(); ++i) {
      seed = seed * 1664525u + 1013904223u;
      image.row(y)[i] = static_cast<std::uint8_t>(seed >> 24);
    }
  }
  return image;
}

/// The definition, pixel by pixel in two dimensions: triangle weights, edges replicated.
double reference_pixel(const ImageView& image, const Box& region, int width, int height, int x,
                       int y, int channel) {
  const auto weigh = [](double start, double length, int size, int i, auto&& visit) {
    const double step = length / size, radius = std::max(step, 1.0),
                 center = start + (i + 0.5) * step;
    for (int j = static_cast<int>(std::floor(center - radius)) - 1; j <= center + radius + 1; ++j) {
      const double weight = 1 - std::abs(j + 0.5 - center) / radius;
      if (weight > 0) visit(j, weight);
    }
  };
  double sum = 0, total = 0;
  weigh(region.y, region.height, height, y, [&](int v, double wy) {
    weigh(region.x, region.width, width, x, [&](int u, double wx) {
      const std::uint8_t* row = image.row(std::clamp(v, 0, image.height - 1));
      sum += wx * wy * row[std::clamp(u, 0, image.width - 1) * channels(image.format) + channel];
      total += wx * wy;
    });
  });
  return sum / total;
}

double worst_difference(const ImageView& source, const Box& region, const Image& result) {
  double worst = 0;
  for (int y = 0; y < result.height(); ++y) {
    for (int x = 0; x < result.width(); ++x) {
      for (int c = 0; c < result.channels(); ++c) {
        const double plain =
            reference_pixel(source, region, result.width(), result.height(), x, y, c);
        worst = std::max(worst, std::abs(plain - result.row(y)[x * result.channels() + c]));
      }
    }
  }
  return worst;
}

TEST(Gray, FollowsBt601) {
  Image image(4, 1, PixelFormat::kRgb8);
  const std::uint8_t pixels[] = {255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255};
  std::copy(std::begin(pixels), std::end(pixels), image.row(0));
  const Image gray = to_gray(image);
  EXPECT_EQ(gray.row(0)[0], 76);   // 0.299 * 255 = 76.2
  EXPECT_EQ(gray.row(0)[1], 150);  // 0.587 * 255 = 149.7
  EXPECT_EQ(gray.row(0)[2], 29);   // 0.114 * 255 = 29.1
  EXPECT_EQ(gray.row(0)[3], 255);
}

TEST(Crop, OwnSizeComesBackBitForBit) {
  const Image gray = noise(60, 70, PixelFormat::kGray8);
  const Image crop = crop_face(gray, {7, 9, 48, 48}, {}, 48);
  for (int y = 0; y < 48; ++y) {
    for (int x = 0; x < 48; ++x) ASSERT_EQ(crop.row(y)[x], gray.row(y + 9)[x + 7]);
  }
  const Image rgb = noise(60, 70, PixelFormat::kRgb8);
  const Image of_rgb = crop_face(rgb, {7, 9, 48, 48}, {}, 48);
  const Image as_gray = to_gray(rgb);
  for (int y = 0; y < 48; ++y) {
    for (int x = 0; x < 48; ++x) ASSERT_EQ(of_rgb.row(y)[x], as_gray.row(y + 9)[x + 7]);
  }
}

TEST(Crop, GeometryMovesAndScales) {
  const Image gray = noise(200, 200, PixelFormat::kGray8);
  // Side max(30, 40) * 1.2 = 48, center (50 + 15 + 0.25 * 40, 60 + 20 - 0.1 * 40) = (75, 76): from
  // (51, 52).
  const Image crop =
      crop_face(gray, {50, 60, 30, 40}, {.scale = 1.2, .shift_x = 0.25, .shift_y = -0.1}, 48);
  EXPECT_LE(worst_difference(gray, {51, 52, 48, 48}, crop), 0.6);
}

TEST(Crop, MatchesThePlainDefinition) {
  const Image gray = noise(131, 97, PixelFormat::kGray8);
  for (const Box& box :
       {Box{10.3f, 20.7f, 33.1f, 33.1f}, Box{-20, -30, 91, 91}, Box{90.5f, 60.25f, 77, 77},
        Box{300, 300, 20, 20}, Box{40, 40, 0.5f, 0.5f}, Box{-500, -500, 2000, 2000}}) {
    for (const int size : {1, 17, 48}) {
      EXPECT_LE(worst_difference(gray, box, crop_face(gray, box, {}, size)), 0.51)
          << box.x << " " << size;
    }
  }
}

TEST(Crop, OnePixelImage) {
  Image image(1, 1, PixelFormat::kRgb8);
  image.row(0)[0] = image.row(0)[1] = image.row(0)[2] = 77;
  const Image crop = crop_face(image, {-3, 0, 5, 5}, {}, 8);
  for (int y = 0; y < 8; ++y) {
    for (int x = 0; x < 8; ++x) ASSERT_EQ(crop.row(y)[x], 77);
  }
}

TEST(Crop, RefusesBoxesThatAreNone) {
  const Image image = noise(10, 10, PixelFormat::kGray8);
  const float nan = std::numeric_limits<float>::quiet_NaN(),
              infinity = std::numeric_limits<float>::infinity();
  for (const Box& box : {Box{nan, 0, 5, 5}, Box{0, 0, nan, 5}, Box{0, 0, 5, nan},
                         Box{0, infinity, 5, 5}, Box{0, 0, infinity, 5}, Box{0, 0, 0, 0},
                         Box{0, 0, -4, 5}, Box{0, 0, 1e9f, 1e9f}, Box{1e9f, 0, 5, 5}}) {
    EXPECT_THROW(crop_face(image, box, {}, 48), Error) << box.x << " " << box.width;
  }
  EXPECT_THROW(crop_face(image, {0, 0, 5, 5}, {.scale = -1}, 48), Error);
  EXPECT_THROW(crop_face(image, {0, 0, 5, 5}, {.shift_x = nan}, 48), Error);
  EXPECT_THROW(crop_face(image, {0, 0, 5, 5}, {}, 0), Error);
  EXPECT_THROW(crop_face(ImageView{}, {0, 0, 5, 5}, {}, 48), Error);
}

TEST(Crop, AlignedTurnsTheEyesLevel) {
  // A bright line through both eyes, which rises by 30 degrees to the right.
  constexpr double kAngle = -30 * M_PI / 180;
  Image image(200, 200, PixelFormat::kGray8);
  for (int y = 0; y < 200; ++y) {
    for (int x = 0; x < 200; ++x) {
      const double off = -(x + 0.5 - 100) * std::sin(kAngle) + (y + 0.5 - 100) * std::cos(kAngle);
      image.row(y)[x] = std::abs(off) < 5 ? 255 : off < 0 ? 60 : 20;
    }
  }
  DetectedFace face{.box = {52, 52, 96, 96}};
  const auto eye = [&](double along) {
    return Point{static_cast<float>(100 + along * std::cos(kAngle)),
                 static_cast<float>(100 + along * std::sin(kAngle))};
  };
  face.landmarks = Landmarks{eye(-20), eye(20), Point{100, 110}, Point{90, 120}, Point{110, 120}};
  const Image crop = crop_aligned_face(image, face, {}, 48);
  for (int x = 0; x < 48; ++x) {
    EXPECT_NEAR(crop.row(24)[x], 255, 1) << x;
    EXPECT_NEAR(crop.row(10)[x], 60, 1) << x;
    EXPECT_NEAR(crop.row(40)[x], 20, 1) << x;
  }
  face.landmarks.reset();
  const Image upright = crop_aligned_face(image, face, {}, 48);
  EXPECT_EQ(upright.row(24)[0], crop_face(image, face.box, {}, 48).row(24)[0]);
}

TEST(Crop, AlignedWithLevelEyesIsThePlainCrop) {
  const Image image = noise(100, 100, PixelFormat::kGray8);
  DetectedFace face{.box = {10, 10, 60, 60}};
  face.landmarks =
      Landmarks{Point{30, 40}, Point{50, 40}, Point{40, 50}, Point{32, 60}, Point{48, 60}};
  const Image aligned = crop_aligned_face(image, face, {}, 48),
              plain = crop_face(image, face.box, {}, 48);
  for (int y = 0; y < 48; ++y) {
    for (int x = 0; x < 48; ++x) ASSERT_EQ(aligned.row(y)[x], plain.row(y)[x]);
  }
}

TEST(Resize, MatchesThePlainDefinition) {
  for (const PixelFormat format : {PixelFormat::kGray8, PixelFormat::kRgb8}) {
    const Image image = noise(67, 43, format);
    const Box whole{0, 0, 67, 43};
    for (const auto& [width, height] :
         {std::pair{67, 43}, {1, 1}, {13, 7}, {134, 86}, {31, 200}, {66, 44}}) {
      const Image result = resize(image, width, height);
      ASSERT_EQ(result.width(), width);
      ASSERT_EQ(result.height(), height);
      EXPECT_LE(worst_difference(image, whole, result), 0.51) << width << " x " << height;
    }
  }
}

TEST(Resize, RespectsTheStride) {
  const Image image = noise(40, 30, PixelFormat::kRgb8);
  const ImageView part{image.row(5) + 3 * 7, 20, 10, image.stride(), PixelFormat::kRgb8};
  EXPECT_LE(worst_difference(part, {0, 0, 20, 10}, resize(part, 11, 5)), 0.51);
}

TEST(Resize, RefusesSillySizes) {
  const Image image = noise(4, 4, PixelFormat::kGray8);
  EXPECT_THROW(resize(image, 0, 4), Error);
  EXPECT_THROW(resize(image, 4, -1), Error);
  EXPECT_THROW(resize(ImageView{}, 4, 4), Error);
}

TEST(Crop, IsFastOnAPhoto) {
  const Image photo = noise(4000, 3000, PixelFormat::kRgb8);
  for (const float side : {200.0f, 1000.0f}) {
    double best = 1e9;
    for (int i = 0; i < 20; ++i) {
      const auto start = std::chrono::steady_clock::now();
      crop_face(photo, {1200.5f, 900.25f, side, side}, {}, 48);
      best = std::min(
          best, std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
                    .count());
    }
    std::printf("crop of a %.0f pixel face: %.3f ms\n", side, best);
    EXPECT_LT(best, 50);  // generous: sanitizers and busy machines; the figure is printed
  }
}

}  // namespace
}  // namespace mien::vision
