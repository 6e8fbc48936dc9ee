#include "tracking/face_tracker.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace mien::tracking {
namespace {

constexpr double kFrame = 1.0 / 30;

DetectedFace face_at(double x, double y, double side = 100) {
  return {{static_cast<float>(x - side / 2), static_cast<float>(y - side / 2),
           static_cast<float>(side), static_cast<float>(side)},
          1,
          {}};
}

std::vector<int> visible(const std::vector<Track>& tracks) {
  std::vector<int> numbers;
  for (const Track& track : tracks) {
    if (track.visible) numbers.push_back(track.number);
  }
  return numbers;
}

double center(const Box& box) { return box.x + box.width / 2; }

TEST(FaceTracker, StillFaceKeepsNumberAndBox) {
  FaceTracker tracker;
  std::mt19937 random(1);
  std::normal_distribution<double> noise(0, 2);
  for (int i = 0; i < 90; ++i) {
    const auto& tracks =
        tracker.update(i * kFrame, std::vector{face_at(300 + noise(random), 200 + noise(random))});
    ASSERT_EQ(visible(tracks), std::vector<int>{1});
    if (i < 15) continue;
    EXPECT_NEAR(center(tracks[0].box), 300, 4);
  }
}

TEST(FaceTracker, PredictsTheBoxBetweenDetections) {
  // 150 pixels, one and a half faces, a second; the detector looks at every fifth frame.
  FaceTracker tracker;
  for (int i = 0; i <= 64; ++i) {
    const double truth = 100 + 150 * i * kFrame;
    const auto& tracks = i % 5 == 0 ? tracker.update(i * kFrame, std::vector{face_at(truth, 200)})
                                    : tracker.advance(i * kFrame);
    ASSERT_EQ(visible(tracks), std::vector<int>{1});
    if (i < 30) continue;
    EXPECT_NEAR(center(tracks[0].box), truth, 4) << "frame " << i;
  }
}

TEST(FaceTracker, CrossingPeopleKeepTheirNumbers) {
  // They pass each other in two seconds, the one 80 pixels below the other.
  FaceTracker tracker;
  for (int i = 0; i <= 60; ++i) {
    const double way = 400.0 * i / 60;
    const auto& tracks =
        tracker.update(i * kFrame, std::vector{face_at(100 + way, 200), face_at(500 - way, 280)});
    ASSERT_EQ(visible(tracks), (std::vector<int>{1, 2}));
    EXPECT_NEAR(center(tracks[0].box), 100 + way, 10);
    EXPECT_NEAR(center(tracks[1].box), 500 - way, 10);
  }
}

TEST(FaceTracker, TheOrderOfDetectionsDoesNotMatter) {
  FaceTracker tracker;
  tracker.update(0, std::vector{face_at(100, 100), face_at(400, 100), face_at(700, 100)});
  const auto& tracks =
      tracker.update(kFrame, std::vector{face_at(702, 100), face_at(98, 100), face_at(401, 100)});
  ASSERT_EQ(visible(tracks), (std::vector<int>{1, 2, 3}));
  EXPECT_NEAR(center(tracks[0].box), 98, 2);
  EXPECT_NEAR(center(tracks[2].box), 702, 2);
}

/// A face that moves 60 pixels a second is hidden from second 1 on; what number has it when it is
/// back?
int number_after_absence(double seconds, TrackerOptions options = {}) {
  FaceTracker tracker(options);
  const auto at = [](double time) { return face_at(100 + 60 * time, 200); };
  double time = 0;
  for (; time < 1; time += kFrame) tracker.update(time, std::vector{at(time)});
  for (; time < 1 + seconds; time += kFrame) EXPECT_TRUE(visible(tracker.update(time, {})).empty());
  return visible(tracker.update(time, std::vector{at(time)})).at(0);
}

TEST(FaceTracker, ShortAbsenceKeepsTheNumber) {
  EXPECT_EQ(number_after_absence(0.1), 1);
  EXPECT_EQ(number_after_absence(1.5), 1);
  EXPECT_EQ(number_after_absence(2.5), 2);
  EXPECT_EQ(number_after_absence(2.5, {.max_gap = 5}), 1);
  EXPECT_EQ(number_after_absence(0.5, {.max_gap = 0}), 2);
}

TEST(FaceTracker, DistantFaceGetsANewNumber) {
  FaceTracker tracker;
  for (int i = 0; i < 10; ++i) tracker.update(i * kFrame, std::vector{face_at(100, 100)});
  tracker.update(10 * kFrame, {});
  EXPECT_EQ(visible(tracker.update(11 * kFrame, std::vector{face_at(600, 100)})),
            std::vector<int>{2});
  // and so is a much larger face in the same place
  EXPECT_EQ(visible(tracker.update(12 * kFrame, std::vector{face_at(100, 100, 300)})),
            std::vector<int>{3});
}

TEST(FaceTracker, NewNumbersAfterACut) {
  FaceTracker tracker;
  tracker.update(0, std::vector{face_at(100, 100)});
  tracker.forget();
  EXPECT_EQ(visible(tracker.update(kFrame, std::vector{face_at(100, 100)})), std::vector<int>{2});
}

TEST(FaceTracker, LandmarksMoveWithTheBox) {
  FaceTracker tracker;
  for (int i = 0; i <= 30; ++i) {
    DetectedFace face = face_at(100 + 5 * i, 200);
    face.landmarks = Landmarks{{{80.0f + 5 * i, 180}, {120.0f + 5 * i, 180}, {}, {}, {}}};
    tracker.update(i * kFrame, std::vector{face});
  }
  const Track& track = tracker.advance(32 * kFrame).at(0);
  EXPECT_NEAR((*track.landmarks)[0].x - track.box.x, 30, 1);
  EXPECT_NEAR((*track.landmarks)[1].x - (*track.landmarks)[0].x, 40, 1);
  EXPECT_GT((*track.landmarks)[0].x, 80 + 5 * 31);
}

TEST(FaceTracker, SlowAndFastVideosMoveAlike) {
  // Predicted 0.1 s ahead in one step and in ten.
  const auto predict = [](int steps) {
    FaceTracker tracker;
    for (int i = 0; i <= 20; ++i) tracker.update(i * 0.05, std::vector{face_at(100 + 10 * i, 200)});
    for (int i = 1; i <= steps; ++i) tracker.advance(1 + 0.1 * i / steps);
    return center(tracker.advance(1.1)[0].box);
  };
  EXPECT_NEAR(predict(1), predict(10), 0.01);
  EXPECT_NEAR(predict(1), 318, 3);  // of 320: velocities fade
}

TEST(FaceTracker, AcceptsTimeThatStandsStillOrRunsBack) {
  FaceTracker tracker;
  for (const double time : {0.0, 0.1, 0.1, 0.05, 0.2}) {
    const auto& tracks = tracker.update(time, std::vector{face_at(100, 100)});
    ASSERT_EQ(visible(tracks), std::vector<int>{1});
    EXPECT_TRUE(std::isfinite(tracks[0].box.x));
  }
}

}  // namespace
}  // namespace mien::tracking
