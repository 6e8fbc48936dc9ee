#include "metrics/paired.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "base/file.hpp"
#include "error_code.hpp"

namespace mien::metrics {
namespace {

TEST(McNemar, CountsTheTailsOfAFairCoin) {
  // 1 and 5 of 6: at most one head in (1 + 6) of 64 cases, twice that; the mid-p takes off the 6 of
  // exactly one head once
  EXPECT_NEAR(mcnemar(1, 5).exact_p, 14 / 64.0, 1e-12);
  EXPECT_NEAR(mcnemar(1, 5).mid_p, 8 / 64.0, 1e-12);
  EXPECT_NEAR(mcnemar(5, 1).mid_p, 8 / 64.0, 1e-12);
  EXPECT_NEAR(mcnemar(0, 5).exact_p, 2 / 32.0, 1e-12);
  EXPECT_NEAR(mcnemar(0, 5).mid_p, 1 / 32.0, 1e-12);
  EXPECT_NEAR(mcnemar(3, 3).exact_p, 1, 1e-12);
  EXPECT_NEAR(mcnemar(3, 3).mid_p, 1, 1e-12);
  EXPECT_NEAR(mcnemar(0, 0).mid_p, 1, 1e-12);
  EXPECT_LT(mcnemar(100, 900).mid_p, 1e-100);
  EXPECT_GE(mcnemar(100, 900).mid_p, 0);
}

/// Ten images of two classes; both right on 3, only the first on 5, only the second on 1, none
/// on 1.
const std::vector<int> kLabels = {0, 0, 0, 0, 0, 1, 1, 1, 1, 1};
const std::vector<int> kFirst = {0, 0, 0, 0, 1, 1, 1, 1, 1, 0};
const std::vector<int> kSecond = {0, 1, 1, 1, 0, 1, 1, 0, 0, 0};

TEST(Paired, TakesTheDifferenceOfTheScores) {
  const PairedComparison result =
      compare_paired(kFirst, kSecond, kLabels, 2, {.bootstrap_rounds = 2000});
  EXPECT_EQ(result.count, 10u);
  EXPECT_EQ(result.test.only_first, 5u);
  EXPECT_EQ(result.test.only_second, 1u);
  EXPECT_NEAR(result.accuracy.value, 0.8 - 0.4, 1e-12);
  // F1 of the first: 8/10 and 8/10; of the second: 4/(5+5) and 4/(5+5)
  EXPECT_NEAR(result.macro_f1.value, 0.8 - 0.4, 1e-12);
  // The difference of one image is 1, 0 or -1 with shares 0.5, 0.4, 0.1: variance 0.6 - 0.16, of
  // the mean 0.044
  EXPECT_NEAR(result.accuracy.high - result.accuracy.low, 2 * 1.96 * 0.2098, 0.12);
  EXPECT_FALSE(result.accuracy_differs());
  EXPECT_NE(in_words(result, "A", "B").find("not significant: A leads by 40.0 points"),
            std::string::npos)
      << in_words(result, "A", "B");
}

TEST(Paired, TheSamePredictionsDoNotDiffer) {
  const PairedComparison result = compare_paired(kFirst, kFirst, kLabels, 2);
  EXPECT_EQ(result.accuracy.low, 0);
  EXPECT_EQ(result.accuracy.high, 0);
  EXPECT_FALSE(result.macro_f1_differs());
  EXPECT_EQ(in_words(result, "A", "B"), "A and B are correct on the same images.");
}

TEST(Paired, AClearLeadIsMoreThanNoise) {
  std::vector<int> labels(200, 0), first(200, 0), second(200, 0);
  for (std::size_t i = 0; i < 200; ++i) labels[i] = first[i] = second[i] = static_cast<int>(i % 2);
  for (std::size_t i = 0; i < 40; ++i) first[i] = 1 - first[i];
  const PairedComparison result =
      compare_paired(first, second, labels, 2, {.bootstrap_rounds = 300});
  EXPECT_TRUE(result.accuracy_differs());
  EXPECT_TRUE(result.macro_f1_differs());
  const std::string words = in_words(result, "A", "B");
  EXPECT_EQ(words.find(base::format("B is more accurate than A, by 20.0 points (%.1f to %.1f);",
                                    -100 * result.accuracy.high, -100 * result.accuracy.low)),
            0u)
      << words;
  EXPECT_NEAR(result.accuracy.low, -0.2 - 1.96 * 0.0283, 0.015);  // sqrt(0.2 * 0.8 / 200)
  EXPECT_NE(words.find("p < 0.001"), std::string::npos) << words;
}

/// 40 persons of five images, all right or all wrong: 40 throws of a coin and not 200.
TEST(Paired, ImagesOfOnePersonAreDrawnTogether) {
  std::vector<int> labels(200, 0), first(200, 0), second(200, 0), persons(200);
  for (std::size_t i = 0; i < 200; ++i) {
    persons[i] = static_cast<int>(i / 5);
    labels[i] = first[i] = second[i] = static_cast<int>(i % 2);
    if (i < 60) first[i] = 1 - first[i];
  }
  const auto width = [&](const std::vector<int>& groups) {
    const Score score =
        compare_paired(first, second, labels, 2, {.bootstrap_rounds = 2000, .groups = groups})
            .accuracy;
    return score.high - score.low;
  };
  EXPECT_NEAR(width({}), 2 * 1.96 * std::sqrt(0.3 * 0.7 / 200), 0.012);
  EXPECT_NEAR(width(persons), 2 * 1.96 * std::sqrt(0.3 * 0.7 / 40), 0.03);
  EXPECT_EQ(test::code_of([&] { width({0, 1}); }), ErrorCode::kInvalidArgument);
}

TEST(Paired, PIsShort) {
  EXPECT_EQ(p_text(0.0416), "p = 0.042");
  EXPECT_EQ(p_text(0.0004), "p < 0.001");
}

TEST(Paired, SizesMustFit) {
  EXPECT_EQ(test::code_of([] { compare_paired(kFirst, std::vector<int>{0}, kLabels, 2); }),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(test::code_of([] { compare_paired(kFirst, kSecond, kLabels, 1); }),
            ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace mien::metrics
