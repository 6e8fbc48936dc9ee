#include "audit/confident_learning.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "error_code.hpp"

namespace mien::audit {
namespace {

TEST(ConfidentLearning, CountsByTheClassesOwnThresholds) {
  // Label 0: probabilities of class 0 are 0.9, 0.8 and 0.1, mean 0.6. Label 1: of class 1 they are
  // 0.5 and 0.3, mean 0.4.
  const std::vector<float> p = {0.9F, 0.1F, 0.8F, 0.2F, 0.1F, 0.9F, 0.5F, 0.5F, 0.7F, 0.3F};
  const std::vector<int> labels = {0, 0, 0, 1, 1};
  const LabelAudit audit = find_label_issues(p, labels, 2);
  EXPECT_NEAR(audit.thresholds[0], 0.6, 1e-6);
  EXPECT_NEAR(audit.thresholds[1], 0.4, 1e-6);
  // The third is confidently 1, the fourth 1 (0.5 reaches 0.4, its 0.5 for class 0 does not reach
  // 0.6), the fifth 0.
  EXPECT_EQ(audit.joint, (std::vector<std::vector<std::size_t>>{{2, 1}, {1, 1}}));
  ASSERT_EQ(audit.issues.size(), 2U);
  EXPECT_EQ(audit.issues[0].index, 2U);
  EXPECT_EQ(audit.issues[0].suggested, 1);
  EXPECT_NEAR(audit.issues[0].score, 0.8, 1e-6);
  EXPECT_EQ(audit.issues[1].index, 4U);
  EXPECT_NEAR(audit.issues[1].score, 0.4, 1e-6);
  EXPECT_NEAR(audit.doubts[0], -0.8, 1e-6);
  EXPECT_NEAR(audit.noise_share, (3 * 1.0 / 3 + 2 * 0.5) / 5, 1e-9);
}

TEST(ConfidentLearning, FindsLabelsThatWereChanged) {
  // Three classes that a good model tells apart, under noise; every tenth label is then turned to
  // the next class.
  std::mt19937 random(1);
  std::normal_distribution<double> noise(0, 1);
  std::vector<float> p;
  std::vector<int> labels;
  for (int i = 0; i < 3000; ++i) {
    double logits[3], sum = 0;
    for (int c = 0; c < 3; ++c) sum += logits[c] = std::exp((c == i % 3 ? 4 : 0) + noise(random));
    for (const double value : logits) p.push_back(static_cast<float>(value / sum));
    labels.push_back(i % 10 == 0 ? (i + 1) % 3 : i % 3);
  }
  const LabelAudit audit = find_label_issues(p, labels, 3);
  std::size_t right = 0;
  for (std::size_t k = 0; k < 250; ++k)
    right += audit.issues.at(k).index % 10 == 0 &&
             audit.issues[k].suggested == static_cast<int>(audit.issues[k].index % 3);
  EXPECT_GE(right, 240U);
  EXPECT_NEAR(audit.noise_share, 0.1, 0.03);
}

TEST(ConfidentLearning, LeavesOutWhatHasNoLabelOrNoPrediction) {
  const std::vector<float> p = {0.1F, 0.9F, NAN, NAN, 0.1F, 0.9F, 0.9F, 0.1F};
  const LabelAudit audit = find_label_issues(p, std::vector<int>{-1, 0, 1, 0}, 2);
  EXPECT_TRUE(audit.issues.empty());
  EXPECT_EQ(audit.doubts[0], -2);
  EXPECT_EQ(audit.doubts[1], -2);
  EXPECT_EQ(test::code_of([&] { find_label_issues(p, std::vector<int>{0, 1}, 2); }),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(test::code_of([&] { find_label_issues(p, std::vector<int>{0, 1, 2, 0}, 2); }),
            ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace mien::audit
