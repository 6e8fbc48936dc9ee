#include "vision/annotate.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "mien/error.hpp"
#include "vision/canvas.hpp"

namespace mien::vision {
namespace {

Image plain(int width, int height, std::uint8_t value = 100) {
  Image image(width, height, PixelFormat::kRgb8);
  for (int y = 0; y < height; ++y)
    std::memset(image.row(y), value, static_cast<std::size_t>(image.stride()));
  return image;
}

bool untouched(const Image& image, int x, int y, std::uint8_t value = 100) {
  const std::uint8_t* pixel = image.row(y) + 3 * x;
  return pixel[0] == value && pixel[1] == value && pixel[2] == value;
}

AnnotatedFace face_at(const Box& box) {
  AnnotatedFace face{box, "happy 93%", {}, color_of(Emotion::kHappy)};
  for (int i = 0; i < kEmotionCount; ++i) {
    face.bars.emplace_back(std::string(to_string(static_cast<Emotion>(i))), i == 3 ? 0.93f : 0.01f);
  }
  return face;
}

int touched_in(const Image& image, const Box& box) {
  int count = 0;
  for (int y = std::max(0, static_cast<int>(box.y));
       y < std::min<int>(image.height(), box.y + box.height); ++y) {
    for (int x = std::max(0, static_cast<int>(box.x));
         x < std::min<int>(image.width(), box.x + box.width); ++x) {
      count += !untouched(image, x, y);
    }
  }
  return count;
}

TEST(Canvas, FillsWholePixelsExactlyAndBlends) {
  Image image = plain(20, 20);
  Canvas canvas(image);
  canvas.fill({5, 6, 4, 3}, 0, {{200, 10, 50}});
  for (int y = 0; y < 20; ++y) {
    for (int x = 0; x < 20; ++x) {
      const bool inside = x >= 5 && x < 9 && y >= 6 && y < 9;
      ASSERT_EQ(untouched(image, x, y), !inside) << x << " " << y;
    }
  }
  EXPECT_EQ(image.row(7)[3 * 6], 200);
  canvas.fill({12, 12, 2, 2}, 0, {{200, 200, 200}, 0.5f});
  EXPECT_EQ(image.row(12)[3 * 12], 150);
  canvas.fill({15, 2.5f, 1, 1}, 0, {{200, 200, 200}});  // half of each of two pixels
  EXPECT_NEAR(image.row(2)[3 * 15], 150, 1);
  EXPECT_NEAR(image.row(3)[3 * 15], 150, 1);
}

TEST(Canvas, FillsAShareFromTheLeft) {
  // A share of a pill is cut from it: a small one is thin, not a small pill.
  const auto painted = [](float share) {
    Image image = plain(120, 20);
    Canvas(image).fill({10, 5, 100, 10}, 5, {{200, 10, 50}}, share);
    EXPECT_EQ(touched_in(image, {std::ceil(10 + 100 * share), 0, 120, 20}), 0) << share;
    return touched_in(image, {0, 0, 120, 20});
  };
  EXPECT_LE(painted(0.01f), 10);
  EXPECT_LT(painted(0.02f), painted(0.04f));
  EXPECT_LT(painted(0.04f), painted(0.10f));
  EXPECT_NEAR(painted(0.5f), 500, 20);
  Image part = plain(120, 20), whole = plain(120, 20);
  Canvas(part).fill({10, 5, 100, 10}, 5, {{200, 10, 50}}, 1);
  Canvas(whole).fill({10, 5, 100, 10}, 5, {{200, 10, 50}});
  EXPECT_EQ(std::memcmp(part.row(0), whole.row(0), static_cast<std::size_t>(whole.stride()) * 20),
            0);
}

TEST(Canvas, StrokeLeavesTheInsideAlone) {
  Image image = plain(60, 60);
  Canvas(image).stroke({10, 10, 40, 40}, 4, 2, {{0, 0, 0}});
  EXPECT_EQ(touched_in(image, {15, 15, 30, 30}), 0);
  EXPECT_EQ(touched_in(image, {0, 0, 60, 8}), 0);
  for (int i = 20; i < 40; ++i) {
    EXPECT_EQ(image.row(9)[3 * i], 0);
    EXPECT_EQ(image.row(10)[3 * i], 0);
    EXPECT_EQ(image.row(i)[3 * 49], 0);
    EXPECT_EQ(image.row(i)[3 * 50], 0);
  }
}

TEST(Canvas, TextIsAsWideAsItSays) {
  EXPECT_EQ(text_width(20, ""), 0);
  EXPECT_LT(text_width(20, "i"), text_width(20, "W"));
  EXPECT_NEAR(text_width(40, "surprise"), 2 * text_width(20, "surprise"), 0.1f);
  EXPECT_LT(text_width(20, "\xC3\xA9"), 1.5f * text_width(20, "e"));  // one letter, not two
  Image image = plain(200, 40);
  Canvas(image).text({10, 30}, 20, {{255, 255, 255}}, "surprise");
  const float right = 10 + text_width(20, "surprise");
  EXPECT_GT(touched_in(image, {10, 0, right - 10, 40}), 100);
  EXPECT_EQ(touched_in(image, {right + 1, 0, 200, 40}), 0);
  EXPECT_EQ(touched_in(image, {0, 0, 9, 40}), 0);
}

TEST(Palette, ColorsDiffer) {
  for (int i = 0; i < 8; ++i) {
    for (int j = i + 1; j < 8; ++j) {
      const Rgb a = color_of(static_cast<Emotion>(i)), b = color_of(static_cast<Emotion>(j));
      const int distance =
          std::abs(a.red - b.red) + std::abs(a.green - b.green) + std::abs(a.blue - b.blue);
      EXPECT_GT(distance, 60) << i << " " << j;
    }
  }
}

TEST(Annotate, DrawsBoxTitleAndBarsBesideTheFace) {
  Image image = plain(640, 480);
  const Box box{200, 150, 120, 120};
  annotate(image, std::vector{face_at(box)});
  EXPECT_EQ(touched_in(image, {210, 160, 100, 100}), 0) << "the face itself is covered";
  EXPECT_GT(touched_in(image, {200, 120, 120, 25}), 1000) << "no title above";
  EXPECT_GT(touched_in(image, {330, 150, 130, 100}), 8000) << "no bars beside";
  EXPECT_FALSE(untouched(image, 260, 150)) << "no box";
}

TEST(Annotate, SmallFacesGetNoBars) {
  Image image = plain(640, 480);
  annotate(image, std::vector{face_at({200, 150, 50, 50})});
  EXPECT_GT(touched_in(image, {190, 130, 100, 20}), 200);
  EXPECT_EQ(touched_in(image, {300, 0, 340, 480}), 0);
  EXPECT_EQ(touched_in(image, {0, 220, 640, 260}), 0);
}

TEST(Annotate, NeighborsStayVisible) {
  Image image = plain(900, 600);
  std::vector<AnnotatedFace> faces;
  for (int i = 0; i < 5; ++i)
    faces.push_back(face_at({60.0f + 160 * i, 200.0f + 40 * (i % 2), 110, 110}));
  annotate(image, faces);
  for (const AnnotatedFace& face : faces) {
    EXPECT_EQ(touched_in(image, {face.box.x + 10, face.box.y + 10, 90, 90}), 0) << face.box.x;
  }
}

TEST(Annotate, AnyBoxAndAnyImageIsSafe) {
  for (const auto& [width, height] : {std::pair{1, 1}, {3, 200}, {200, 3}, {64, 48}, {300, 200}}) {
    for (const Box& box :
         {Box{-50, -50, 500, 500}, Box{0, 0, 1, 1}, Box{1e9f, 1e9f, 100, 100},
          Box{-1e30f, 0, 2e30f, 100}, Box{10, 10, 5, 1e6f}, Box{250, 150, 100, 100}}) {
      Image image = plain(width, height);
      AnnotatedFace face = face_at(box);
      face.title = "a title that is far too long for any image of this size \xFF\xC3";
      face.bars[0].second = std::numeric_limits<float>::quiet_NaN();
      face.bars[1].second = 7;
      EXPECT_NO_THROW(annotate(image, std::vector{face})) << width << " " << box.x;
    }
  }
  Image image = plain(10, 10);
  EXPECT_THROW(
      annotate(image, std::vector{face_at({std::numeric_limits<float>::quiet_NaN(), 0, 5, 5})}),
      Error);
  EXPECT_THROW(annotate(image, std::vector{face_at({0, 0, 0, 5})}), Error);
  Image gray(10, 10, PixelFormat::kGray8);
  EXPECT_THROW(annotate(gray, {}), Error);
}

}  // namespace
}  // namespace mien::vision
