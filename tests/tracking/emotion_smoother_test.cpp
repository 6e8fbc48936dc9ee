#include "tracking/emotion_smoother.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

namespace mien::tracking {
namespace {

using Answer = std::array<float, 2>;

TEST(EmotionSmoother, FirstProbabilitiesAreUnchanged) {
  EmotionSmoother smoother;
  smoother.update(7, Answer{0.3f, 0.7f});
  EXPECT_EQ(smoother.probabilities(), (std::vector<float>{0.3f, 0.7f}));
  EXPECT_EQ(smoother.label(), 1U);
}

TEST(EmotionSmoother, FollowsItsTimeConstantAtAnyFrameRate) {
  for (const int frames : {1, 6, 48}) {
    EmotionSmoother smoother({.time_constant = 0.2});
    smoother.update(0, Answer{1, 0});
    for (int i = 1; i <= frames; ++i) smoother.update(0.2 * i / frames, Answer{0, 1});
    EXPECT_NEAR(smoother.probabilities()[1], 1 - std::exp(-1), 1e-5) << frames << " frames";
    EXPECT_NEAR(smoother.probabilities()[0] + smoother.probabilities()[1], 1, 1e-6);
  }
}

TEST(EmotionSmoother, ZeroTimeConstantDoesNotSmooth) {
  EmotionSmoother smoother({.time_constant = 0, .margin = 0});
  smoother.update(0, Answer{1, 0});
  smoother.update(0, Answer{0.4f, 0.6f});
  EXPECT_EQ(smoother.probabilities(), (std::vector<float>{0.4f, 0.6f}));
  EXPECT_EQ(smoother.label(), 1U);
}

TEST(EmotionSmoother, LabelHasHysteresis) {
  EmotionSmoother smoother;
  int changes = 0;
  std::size_t label = 0;
  double time = 0;
  const auto show = [&](const Answer& answer, int frames) {
    for (int i = 0; i < frames; ++i, time += 1.0 / 30) {
      smoother.update(time, answer);
      changes += smoother.label() != label ? 1 : 0;
      label = smoother.label();
    }
  };
  show({0.8f, 0.2f}, 10);
  for (int i = 0; i < 30; ++i)
    show(i % 2 == 0 ? Answer{0.45f, 0.55f} : Answer{0.52f, 0.48f}, 1);  // undecided
  show({0.8f, 0.2f}, 10);
  show({0, 1}, 1);  // one odd frame
  EXPECT_EQ(changes, 0);
  show({0.1f, 0.9f}, 6);  // 0.2 s
  EXPECT_EQ(changes, 1);
  EXPECT_EQ(label, 1U);
}

TEST(EmotionSmoother, LongAbsenceResetsTheProbabilities) {
  EmotionSmoother smoother;
  smoother.update(0, Answer{1, 0});
  smoother.update(2, Answer{0, 1});
  EXPECT_GT(smoother.probabilities()[1], 0.999f);
}

}  // namespace
}  // namespace mien::tracking
