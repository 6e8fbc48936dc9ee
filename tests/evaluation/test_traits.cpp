#include "evaluation/traits.hpp"

#include <gtest/gtest.h>

namespace mien::evaluation {
namespace {

datasets::Sample image(std::uint8_t even, std::uint8_t odd, std::string_view subject = "") {
  datasets::Sample sample;
  for (std::size_t i = 0; i < sample.pixels.size(); ++i) sample.pixels[i] = i % 2 == 0 ? even : odd;
  std::copy(subject.begin(), subject.end(), sample.subject.begin());
  return sample;
}

/// Eyes 40 apart on a line, the mouth 40 below, the nose `aside` from between them.
DetectedFace face(float aside) {
  return {.box = {0, 0, 80, 100},
          .landmarks = Landmarks{Point{20, 40}, Point{60, 40}, Point{40 + aside, 60}, Point{25, 80},
                                 Point{55, 80}}};
}

TEST(Traits, LightIsMeanAndDeviationOfThePixels) {
  const FaceTraits traits = traits_of(image(100, 140, "S010"), std::nullopt);
  EXPECT_DOUBLE_EQ(traits.brightness, 120);
  EXPECT_DOUBLE_EQ(traits.contrast, 20);
  EXPECT_EQ(traits.subject, "S010");
  EXPECT_FALSE(traits.size || traits.turn || traits.tilt);
}

TEST(Traits, PoseComesFromTheLandmarks) {
  EXPECT_NEAR(*traits_of({}, face(0)).turn, 0, 1e-6);
  EXPECT_NEAR(*traits_of({}, face(10)).turn, 10 / 40.0, 1e-6);
  EXPECT_NEAR(*traits_of({}, face(-10)).turn, 10 / 40.0, 1e-6);
  EXPECT_EQ(*traits_of({}, face(0)).size, 100);
  EXPECT_NEAR(*traits_of({}, face(0)).tilt, 0, 1e-6);
  DetectedFace tilted = face(0);
  (*tilted.landmarks)[1].y += 40;  // 40 down over 40 across
  EXPECT_NEAR(*traits_of({}, tilted).tilt, 45, 1e-4);
}

TEST(Partitions, ThirdsAndPeopleAndOnlyWhatIsKnown) {
  std::vector<FaceTraits> traits;
  for (int i = 0; i < 9; ++i)
    traits.push_back(
        traits_of(image(static_cast<std::uint8_t>(10 * i), static_cast<std::uint8_t>(10 * i),
                        i < 4   ? "b"
                        : i < 8 ? "a"
                                : ""),
                  std::nullopt));
  const std::vector<Partition> partitions = partition_images(traits);
  ASSERT_EQ(partitions.size(), 2U);  // all have the contrast 0; no face was detected
  EXPECT_EQ(partitions[0].name, "subject");
  EXPECT_EQ(partitions[0].names, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(partitions[0].slice, (std::vector<int>{1, 1, 1, 1, 0, 0, 0, 0, -1}));
  EXPECT_EQ(partitions[1].name, "brightness");
  EXPECT_EQ(partitions[1].names,
            (std::vector<std::string>{"dark (under 30)", "medium (30 to 60)", "bright (from 60)"}));
  EXPECT_EQ(partitions[1].slice, (std::vector<int>{0, 0, 0, 1, 1, 1, 2, 2, 2}));
}

TEST(Partitions, EqualValuesAreThirdsAsFarAsTheyCan) {
  std::vector<FaceTraits> traits(7);
  for (std::size_t i = 0; i < 7; ++i) traits[i].size = i < 3 ? 129.4 : 155.4;
  const std::vector<Partition> partitions = partition_images(traits);
  ASSERT_EQ(partitions.size(), 1U);
  EXPECT_EQ(partitions[0].slice, (std::vector<int>{0, 0, 0, 2, 2, 2, 2}));
  EXPECT_EQ(partitions[0].names[0], "small (under 155 px)");
  EXPECT_EQ(partitions[0].names[2], "large (from 155 px)");
  for (std::size_t i = 0; i < 7; ++i) traits[i].size = i < 3 ? 129.4 : 186.6;
  EXPECT_EQ(partition_images(traits).at(0).slice, (std::vector<int>{0, 0, 0, 2, 2, 2, 2}));
  for (std::size_t i = 0; i < 7; ++i) traits[i].size = i < 2 ? 129.4 : 129.6;
  EXPECT_EQ(partition_images(traits).at(0).slice, (std::vector<int>{0, 0, 2, 2, 2, 2, 2}));
}

TEST(Partitions, PoseHasFixedLimits) {
  std::vector<FaceTraits> traits;
  for (const float aside : {0.0F, 10.0F, 30.0F}) traits.push_back(traits_of({}, face(aside)));
  traits.emplace_back();
  const std::vector<Partition> partitions = partition_images(traits);
  ASSERT_EQ(partitions.size(), 1U);
  EXPECT_EQ(partitions[0].name, "head turn");
  EXPECT_EQ(partitions[0].slice, (std::vector<int>{0, 1, 2, -1}));
}

}  // namespace
}  // namespace mien::evaluation
