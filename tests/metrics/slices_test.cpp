#include "metrics/slices.hpp"

#include <gtest/gtest.h>

#include "error_code.hpp"

namespace mien::metrics {
namespace {

TEST(Slices, CompareWithWhatTheClassesLetExpect) {
  // class 0: both right in part a, both wrong in part b; class 1: right in both; the last image
  // belongs to no part
  const std::vector<int> labels = {0, 0, 1, 0, 0, 1, 0}, predictions = {0, 0, 1, 1, 1, 1, 1},
                         part = {0, 0, 0, 1, 1, 1, -1};
  const Slicing result =
      slice_accuracy("light", part, {"a", "b", "empty"}, predictions, labels, 4000);
  EXPECT_EQ(result.name, "light");
  ASSERT_EQ(result.slices.size(), 2u);
  EXPECT_EQ(result.slices[0].name, "a");
  EXPECT_EQ(result.slices[0].count, 3u);
  EXPECT_DOUBLE_EQ(result.slices[0].accuracy.value, 1);
  EXPECT_DOUBLE_EQ(result.slices[1].accuracy.value, 1 / 3.0);
  EXPECT_DOUBLE_EQ(result.slices[0].expected, (0.5 + 0.5 + 1) / 3);
  EXPECT_DOUBLE_EQ(result.slices[1].expected, (0.5 + 0.5 + 1) / 3);
  // Of the six ways to place class 0's two hits, two give one part both.
  EXPECT_NEAR(result.p, 1 / 3.0, 0.03);
}

TEST(Slices, HarderClassesExplainADifference) {
  const std::vector<int> labels = {0, 0, 1, 1}, predictions = {0, 1, 1, 1}, part = {0, 0, 1, 1};
  const Slicing result = slice_accuracy("person", part, {"a", "b"}, predictions, labels);
  EXPECT_DOUBLE_EQ(result.slices[0].accuracy.value, 0.5);
  EXPECT_DOUBLE_EQ(result.slices[0].expected, 0.5);
  EXPECT_DOUBLE_EQ(result.p, 1);
}

TEST(Slices, MistakesAreErrors) {
  const std::vector<int> one = {0}, two = {0, 0};
  EXPECT_EQ(test::code_of([&] { slice_accuracy("", one, {"a"}, one, two); }),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(test::code_of([&] { slice_accuracy("", std::vector<int>{1}, {"a"}, one, one); }),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(slice_accuracy("", one, {"a"}, one, one).p, 1);
}

}  // namespace
}  // namespace mien::metrics
