#include "metrics/detection.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace mien::metrics {
namespace {

DetectedFace detection(float x, float score) { return {{x, 0, 10, 10}, score, {}}; }

TEST(MatchFaces, GivesEachTruthToOneDetection) {
  // Truth at 0 and 20. The detection at 1 overlaps by 90 of 110 = 0.82, the one at 2 by 80 / 120 =
  // 0.67 but comes too late, the one at 25 by 50 / 150 = 0.33, which is too little.
  const std::vector<Box> truth = {{0, 0, 10, 10}, {20, 0, 10, 10}};
  const DetectionCounts counts =
      match_faces(std::vector{detection(2, 0.5f), detection(25, 0.7f), detection(1, 0.9f)}, truth);
  EXPECT_EQ(counts.found, 1u);
  EXPECT_EQ(counts.missed, 1u);
  EXPECT_EQ(counts.spurious, 2u);
  EXPECT_DOUBLE_EQ(counts.recall(), 1.0 / 2);
  EXPECT_DOUBLE_EQ(counts.precision(), 1.0 / 3);
}

TEST(MatchFaces, PrefersTheLargestOverlap) {
  // The detection at 4 overlaps with the truth at 0 by 60 / 140 = 0.43 and with the one at 4
  // wholly.
  const std::vector<Box> truth = {{0, 0, 10, 10}, {4, 0, 10, 10}};
  const DetectionCounts counts =
      match_faces(std::vector{detection(4, 0.9f), detection(0, 0.8f)}, truth, 0.4f);
  EXPECT_EQ(counts.found, 2u);
  EXPECT_EQ(counts.spurious, 0u);
}

TEST(MatchFaces, CountsAddUp) {
  DetectionCounts total = match_faces({}, std::vector<Box>{{0, 0, 10, 10}});
  total += match_faces(std::vector{detection(0, 1)}, std::vector<Box>{{0, 0, 10, 10}});
  total += match_faces(std::vector{detection(0, 1)}, {});
  EXPECT_DOUBLE_EQ(total.recall(), 0.5);
  EXPECT_DOUBLE_EQ(total.precision(), 0.5);
  EXPECT_EQ(DetectionCounts{}.recall(), 0);
}

}  // namespace
}  // namespace mien::metrics
