#include "vision/face_quality.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "error_code.hpp"
#include "support.hpp"
#include "vision/crop.hpp"
#include "vision/decode.hpp"
#include "vision/face_detector.hpp"

namespace mien::vision {
namespace {

/// Perspective image of a head at `distance` cm, rotated about the x, y and z axes by these
/// degrees; x right, y down, z away from the camera. Independent of the fit's own projection.
Landmarks project(double pitch, double yaw, double roll, double distance = 80) {
  constexpr double kHead[5][3] = {{-3.15, -2.62, -3.47},
                                  {3.15, -2.62, -3.47},
                                  {0, 1.2, -7.59},
                                  {-2.46, 4.34, -4.28},
                                  {2.46, 4.34, -4.28}};
  const auto rotate = [](double& a, double& b, double degrees) {
    const double angle = degrees * std::numbers::pi / 180, x = a;
    a = x * std::cos(angle) - b * std::sin(angle);
    b = x * std::sin(angle) + b * std::cos(angle);
  };
  Landmarks out;
  for (std::size_t i = 0; i < out.size(); ++i) {
    double x = kHead[i][0], y = kHead[i][1], z = kHead[i][2];
    rotate(y, z, -pitch);  // up: the nose (z < 0) moves up
    rotate(z, x, -yaw);    // to the person's left, right in the image
    rotate(x, y, roll);
    const double zoom = 1500 / (distance + z);
    out[i] = {static_cast<float>(900 + zoom * x), static_cast<float>(700 + zoom * y)};
  }
  return out;
}

TEST(HeadPose, OfAFrontalHeadIsZero) {
  const HeadPose pose = head_pose(project(0, 0, 0)).value();
  EXPECT_NEAR(pose.yaw, 0, 1);
  EXPECT_NEAR(pose.pitch, 0, 3);
  EXPECT_NEAR(pose.roll, 0, 0.1);
}

TEST(HeadPose, SignsAreThoseOfThePerson) {
  const Landmarks left = project(0, 30, 0);
  EXPECT_GT(left[2].x, (left[0].x + left[1].x) / 2) << "the nose is right in the image";
  EXPECT_GT(head_pose(left).value().yaw, 20);
  const Landmarks up = project(20, 0, 0), level = project(0, 0, 0);
  EXPECT_LT(up[2].y - up[0].y, level[2].y - level[0].y) << "the nose is nearer to the eyes";
  EXPECT_GT(head_pose(up).value().pitch, 10);
  EXPECT_NEAR(head_pose(project(0, 0, 25)).value().roll, 25, 1);
}

TEST(HeadPose, RecoversRotations) {
  for (const double pitch : {-25.0, 0.0, 25.0}) {
    for (const double yaw : {-60.0, -30.0, 0.0, 30.0, 60.0}) {
      for (const double roll : {-90.0, -20.0, 0.0, 45.0, 170.0}) {
        const HeadPose pose = head_pose(project(pitch, yaw, roll)).value();
        EXPECT_NEAR(pose.pitch, pitch, 5) << pitch << " " << yaw << " " << roll;
        EXPECT_NEAR(pose.yaw, yaw, 5) << pitch << " " << yaw << " " << roll;
        EXPECT_NEAR(std::remainder(pose.roll - roll, 360), 0, 5)
            << pitch << " " << yaw << " " << roll;
      }
    }
  }
}

TEST(HeadPose, NoiseOfAFortiethOfTheFaceMovesItByLessThanFifteenDegrees) {
  Landmarks points = project(0, 20, 0);
  const float noise = (points[1].x - points[0].x) / 20;
  for (std::size_t i = 0; i < points.size(); ++i) {
    points[i].x += i % 2 == 0 ? noise : -noise;
    points[i].y += i % 3 == 0 ? noise : -noise;
  }
  const HeadPose pose = head_pose(points).value();
  EXPECT_NEAR(pose.yaw, 20, 15);
  EXPECT_NEAR(pose.pitch, 0, 15);
}

TEST(HeadPose, NeedsDistinctFinitePoints) {
  EXPECT_FALSE(head_pose(Landmarks{}).has_value());
  Landmarks points = project(0, 0, 0);
  points[2].x = std::nanf("");
  EXPECT_FALSE(head_pose(points).has_value());
}

Image checkerboard(int cell, int low, int high) {
  Image image(48, 48, PixelFormat::kGray8);
  for (int y = 0; y < 48; ++y) {
    for (int x = 0; x < 48; ++x)
      image.row(y)[x] = static_cast<std::uint8_t>((x / cell + y / cell) % 2 == 0 ? low : high);
  }
  return image;
}

TEST(FaceQuality, SetsFlags) {
  const DetectedFace large{{0, 0, 90, 120}, 1, {}}, small{{0, 0, 40, 47}, 1, {}};
  const FaceQuality good = face_quality(checkerboard(4, 80, 200), large);
  EXPECT_EQ(good.size, 120);
  EXPECT_NEAR(good.brightness, 140.0 / 255, 0.01);
  EXPECT_FALSE(good.pose.has_value());
  EXPECT_FALSE(good.turned || good.small || good.blurred || good.dark);
  EXPECT_TRUE(face_quality(checkerboard(4, 80, 200), small).small);
  EXPECT_TRUE(face_quality(checkerboard(4, 10, 60), large).dark);
  EXPECT_TRUE(face_quality(Image(48, 48, PixelFormat::kGray8), large).blurred);
  // Contrast does not matter, blur does.
  EXPECT_NEAR(face_quality(checkerboard(4, 120, 140), large).sharpness, good.sharpness, 0.05);
  const Image blurred = resize(resize(checkerboard(8, 80, 200), 8, 8), 48, 48);
  EXPECT_LT(face_quality(blurred, large).sharpness, good.sharpness / 4);

  DetectedFace turned = large;
  turned.landmarks = project(0, 40, 0);
  EXPECT_TRUE(face_quality(checkerboard(4, 80, 200), turned).turned);
  turned.landmarks = project(0, 10, 60);
  EXPECT_FALSE(face_quality(checkerboard(4, 80, 200), turned).turned);
  EXPECT_EQ(test::code_of([&] { face_quality(ImageView{}, large); }), ErrorCode::kInvalidArgument);
}

/// Faces of real photos are sharp, and the same ones blurred are flagged.
TEST(FaceQuality, SeparatesSharpFromBlurredPhotos) {
  const auto folder = test::shared_path("photos"),
             model = test::shared_path("models/face_detection_yunet_2023mar.onnx");
  if (!folder || !model) GTEST_SKIP() << "the shared photos are not here";
  const auto detector = make_face_detector(model->string(), {.threads = 1});
  int faces = 0, sharp_flagged = 0, blurred_flagged = 0;
  for (const auto& entry : std::filesystem::directory_iterator(*folder)) {
    if (entry.path().extension() != ".jpg") continue;
    const Image photo = load_image(entry.path());
    for (const DetectedFace& face : detector->detect(photo)) {
      const Image crop = crop_aligned_face(photo, face, {}, 48);
      const FaceQuality sharp = face_quality(crop, face),
                        blurred = face_quality(resize(resize(crop, 12, 12), 48, 48), face);
      ++faces;
      sharp_flagged += sharp.blurred;
      blurred_flagged += blurred.blurred;
    }
  }
  EXPECT_GT(faces, 30);
  EXPECT_LE(sharp_flagged * 10, faces);
  EXPECT_GE(blurred_flagged * 10, faces * 9);
}

}  // namespace
}  // namespace mien::vision
