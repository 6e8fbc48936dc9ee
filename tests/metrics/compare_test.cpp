#include "metrics/compare.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "mien/error.hpp"

namespace mien::metrics {
namespace {

/// Runs the test on samples of which `both` are right in both lists, `first` and `second` in one only.
McNemarResult with_counts(int both, int first, int second) {
  std::vector<int> a;
  std::vector<int> b;
  const auto add = [&](int times, int in_a, int in_b) {
    a.insert(a.end(), static_cast<std::size_t>(times), in_a);
    b.insert(b.end(), static_cast<std::size_t>(times), in_b);
  };
  add(both, 0, 0);
  add(first, 0, 1);
  add(second, 1, 0);
  add(3, 1, 1);  // both wrong
  return mcnemar_test(a, b, std::vector<int>(a.size(), 0));
}

TEST(McNemar, CountsWhatOnlyOneHasRight) {
  const McNemarResult result = with_counts(5, 1, 4);
  EXPECT_EQ(result.only_first, 1u);
  EXPECT_EQ(result.only_second, 4u);
  // Five throws, at most one head: (1 + 5) / 32; two-sided 12/32. Mid-p takes away the point 5/32: 7/32.
  EXPECT_NEAR(result.exact_p, 12.0 / 32, 1e-12);
  EXPECT_NEAR(result.mid_p, 7.0 / 32, 1e-12);
}

TEST(McNemar, FindsNoDifferenceWhereThereIsNone) {
  EXPECT_EQ(with_counts(5, 0, 0).exact_p, 1);
  EXPECT_NEAR(with_counts(5, 0, 0).mid_p, 1, 1e-12);
  EXPECT_EQ(with_counts(5, 3, 3).exact_p, 1);
  EXPECT_NEAR(with_counts(5, 3, 3).mid_p, 1, 1e-12);
}

TEST(McNemar, StandsLargeCounts) {
  EXPECT_LT(with_counts(0, 3000, 4000).exact_p, 1e-20);
  EXPECT_GT(with_counts(0, 3490, 3510).exact_p, 0.5);
}

TEST(McNemar, RefusesListsOfOtherLength) {
  EXPECT_THROW(mcnemar_test(std::vector{1}, std::vector{1, 2}, std::vector{1, 2}), Error);
}

}  // namespace
}  // namespace mien::metrics
