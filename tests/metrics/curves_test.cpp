#include "metrics/curves.hpp"

#include <gtest/gtest.h>

#include "error_code.hpp"

namespace mien::metrics {
namespace {

/// Rows (1 - p, p) of two classes.
std::vector<float> two_classes(const std::vector<float>& p) {
  std::vector<float> rows;
  for (const float value : p) rows.insert(rows.end(), {1 - value, value});
  return rows;
}

TEST(PrecisionRecall, TakesEqualScoresTogether) {
  // by score: 0.875 yes | 0.75 no | 0.625 yes, no | 0.25 yes; three are positive
  const std::vector<float> rows = two_classes({0.625f, 0.25f, 0.875f, 0.625f, 0.75f});
  const std::vector<int> labels = {1, 1, 1, 0, 0};
  const auto curve = precision_recall_curve(rows, labels, 1);
  ASSERT_EQ(curve.size(), 4u);
  const double precision[] = {1, 1 / 2., 2 / 4., 3 / 5.}, recall[] = {1 / 3., 1 / 3., 2 / 3., 1};
  const double threshold[] = {0.875, 0.75, 0.625, 0.25};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_DOUBLE_EQ(curve[i].precision, precision[i]);
    EXPECT_DOUBLE_EQ(curve[i].recall, recall[i]);
    EXPECT_DOUBLE_EQ(curve[i].threshold, threshold[i]);
  }
  EXPECT_DOUBLE_EQ(average_precision(curve), 0.7);  // (1 + 1/2 + 3/5) / 3
}

TEST(PrecisionRecall, OfAClassThatNeverOccursIsEmpty) {
  const auto curve = precision_recall_curve(two_classes({0.5f}), std::vector<int>{0}, 1);
  EXPECT_TRUE(curve.empty());
  EXPECT_EQ(average_precision(curve), 0);
  EXPECT_EQ(
      test::code_of([] { precision_recall_curve(two_classes({0.5f}), std::vector<int>{0}, 2); }),
      ErrorCode::kInvalidArgument);
}

TEST(RiskCoverage, CountsMistakesFromTheSurestOn) {
  // by confidence: 0.875 right | 0.8125 wrong | 0.75 right, wrong | 0.625 right
  const std::vector<float> rows = two_classes({0.875f, 0.8125f, 0.75f, 0.25f, 0.375f});
  const std::vector<int> labels = {1, 0, 1, 1, 0};
  const auto curve = risk_coverage_curve(rows, labels);
  ASSERT_EQ(curve.size(), 4u);
  const double coverage[] = {0.2, 0.4, 0.8, 1}, risk[] = {0, 0.5, 0.5, 0.4};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_DOUBLE_EQ(curve[i].coverage, coverage[i]);
    EXPECT_DOUBLE_EQ(curve[i].risk, risk[i]);
  }
  // risks at 1 to 5 images: 0, 1/2, (1 + 1/2) / 3, 2/4, 2/5; their mean
  EXPECT_DOUBLE_EQ(area_under_risk_coverage(curve, 5), (0 + 0.5 + 0.5 + 0.5 + 0.4) / 5);
  EXPECT_DOUBLE_EQ(coverage_at_risk(curve, 0.4).coverage, 1);
  EXPECT_DOUBLE_EQ(coverage_at_risk(curve, 0.1).coverage, 0.2);
  EXPECT_DOUBLE_EQ(coverage_at_risk(curve, 0.1).confidence, 0.875);
  EXPECT_DOUBLE_EQ(coverage_at_risk(std::span(curve).subspan(1), 0.1).coverage, 0);
}

}  // namespace
}  // namespace mien::metrics
