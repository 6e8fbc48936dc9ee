#include <gtest/gtest.h>

#include "base/softmax.hpp"
#include "evaluation/subject_baseline.hpp"
#include "mien/error.hpp"

namespace mien::evaluation {
namespace {

TEST(SubjectBaseline, RemovesWhatASubjectHasInCommon) {
  // Two images each of two subjects; the second subject's class 0 is always 5 higher.
  const std::vector<float> plain = {1, -1, -1, 1, 1, -1, -1, 1};
  std::vector<float> shifted = plain;
  shifted[4] += 5, shifted[6] += 5;
  const std::vector<int> subjects = {3, 3, 8, 8};
  const std::vector<float> out = subtract_subject_means(shifted, 2, 1, subjects);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_GT(out[4 * i], out[4 * i + 1]) << i;
    EXPECT_LT(out[4 * i + 2], out[4 * i + 3]) << i;
    for (std::size_t c = 0; c < 2; ++c) EXPECT_NEAR(out[4 * i + c] + out[4 * i + 2 + c], 0, 1e-5);
  }
  EXPECT_THROW(subtract_subject_means(plain, 2, 1, std::vector<int>{1}), Error);
}

}  // namespace
}  // namespace mien::evaluation
