#include <gtest/gtest.h>

#include "mien/emotion.hpp"
#include "mien/face.hpp"

namespace mien::base {
namespace {

TEST(Emotion, NamesRoundTrip) {
  for (int i = 0; i < kEmotionCount + 1; ++i) {
    const Emotion emotion = static_cast<Emotion>(i);
    EXPECT_EQ(emotion_from_string(to_string(emotion)), emotion);
  }
}

TEST(Emotion, AcceptsTheNamesOfDataSets) {
  EXPECT_EQ(emotion_from_string("anger"), Emotion::kAngry);
  EXPECT_EQ(emotion_from_string("Happiness"), Emotion::kHappy);
  EXPECT_EQ(emotion_from_string("SADNESS"), Emotion::kSad);
  EXPECT_FALSE(emotion_from_string("hungry"));
  EXPECT_FALSE(emotion_from_string(""));
}

TEST(Box, IntersectionOverUnion) {
  // 2x2 boxes that share a 1x1 corner: 1 / (4 + 4 - 1).
  EXPECT_FLOAT_EQ(intersection_over_union({0, 0, 2, 2}, {1, 1, 2, 2}), 1.0F / 7);
  EXPECT_FLOAT_EQ(intersection_over_union({0, 0, 2, 2}, {0, 0, 2, 2}), 1);
  EXPECT_FLOAT_EQ(intersection_over_union({0, 0, 2, 2}, {2, 0, 2, 2}),
                  0);  // only an edge in common
}

}  // namespace
}  // namespace mien::base
