#include "metrics/report.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "metrics/calibration.hpp"
#include "mien/error.hpp"

namespace mien::metrics {
namespace {

struct Data {
  std::vector<float> probabilities;
  std::vector<int> labels;
};

/// Predictions of which about two thirds are right.
Data random_data(std::size_t count, int classes) {
  std::mt19937 random(7);
  Data data;
  for (std::size_t i = 0; i < count; ++i) {
    const int label = static_cast<int>(random() % static_cast<unsigned>(classes));
    const int guess =
        random() % 3 != 0 ? label : static_cast<int>(random() % static_cast<unsigned>(classes));
    data.labels.push_back(label);
    for (int c = 0; c < classes; ++c) {
      data.probabilities.push_back(c == guess ? 0.7f : 0.3f / static_cast<float>(classes - 1));
    }
  }
  return data;
}

TEST(Wilson, FollowsTheFormula) {
  // 8 of 10, z = 1.96: center (0.8 + z^2/20) / (1 + z^2/10) = 0.71674; reach 0.22658
  const Score score = wilson_score(8, 10);
  EXPECT_DOUBLE_EQ(score.value, 0.8);
  EXPECT_NEAR(score.low, 0.49016, 1e-4);
  EXPECT_NEAR(score.high, 0.94332, 1e-4);
  EXPECT_EQ(wilson_score(0, 10).low, 0);
  EXPECT_NEAR(wilson_score(0, 10).high, 0.27753, 1e-4);  // z^2 / (10 + z^2)
  EXPECT_DOUBLE_EQ(wilson_score(10, 10).high, 1);
  EXPECT_EQ(wilson_score(0, 0).high, 1);
}

TEST(Report, HasTheScoresOfTheRoom) {
  const std::vector<float> probabilities = {0.75f, 0.25f, 0.22f, 0.78f, 0.95f, 0.05f};
  const std::vector<int> labels = {0, 0, 1};
  const ClassificationReport result = report(probabilities, labels, {"no", "yes"});
  // predictions 0, 1, 0: one of three is right
  EXPECT_EQ(result.count, 3u);
  EXPECT_DOUBLE_EQ(result.accuracy.value, 1.0 / 3);
  EXPECT_EQ(result.confusion.count(0, 1), 1u);
  EXPECT_EQ(result.confusion.count(1, 0), 1u);
  EXPECT_EQ(result.per_class[0].name, "no");
  EXPECT_EQ(result.per_class[0].support, 2u);
  EXPECT_DOUBLE_EQ(result.per_class[0].f1.value, 0.5);      // 2 / (2 + 2)
  EXPECT_DOUBLE_EQ(result.macro_f1.value, 0.25);            // (0.5 + 0) / 2
  EXPECT_DOUBLE_EQ(result.weighted_f1.value, 2 * 0.5 / 3);  // (2 * 0.5 + 1 * 0) / 3
  EXPECT_DOUBLE_EQ(result.log_loss.value, log_loss(probabilities, labels));
  EXPECT_NEAR(result.ece.value, calibration_error(probabilities, labels), 1e-12);
}

TEST(Report, BootstrapIsWideAsTheNormalApproximationSays) {
  const Data data = random_data(2000, 4);
  const ClassificationReport result = report(data.probabilities, data.labels, {"a", "b", "c", "d"});
  // The recall of a class is a share of its support: 1.96 sqrt(p (1 - p) / n) on either side.
  const ClassScores& first = result.per_class[0];
  const double reach = 1.96 * std::sqrt(first.recall.value * (1 - first.recall.value) /
                                        static_cast<double>(first.support));
  EXPECT_NEAR(first.recall.low, first.recall.value - reach, 0.2 * reach);
  EXPECT_NEAR(first.recall.high, first.recall.value + reach, 0.2 * reach);
  // And the log loss is a mean: 1.96 standard deviations over sqrt(n).
  EXPECT_LT(result.log_loss.low, result.log_loss.value);
  EXPECT_GT(result.log_loss.high, result.log_loss.value);
  const double share = result.accuracy.value;
  const double spread =
      std::log(0.7 / 0.1) * std::sqrt(share * (1 - share));  // a loss is -log 0.7 or -log 0.1
  EXPECT_NEAR(result.log_loss.high - result.log_loss.low, 2 * 1.96 * spread / std::sqrt(2000.0),
              0.4 * spread / std::sqrt(2000.0));
}

/// Thirty persons of ten images, 24 of them read right and six wrong.
TEST(Report, PersonsAreDrawnAsOne) {
  std::vector<float> probabilities;
  std::vector<int> labels, persons;
  for (int i = 0; i < 300; ++i) {
    const bool right = i / 10 < 24;
    labels.push_back(i % 2);
    persons.push_back(7 * (i / 10));
    for (int c = 0; c < 2; ++c) probabilities.push_back((c == i % 2) == right ? 0.9F : 0.1F);
  }
  const ClassificationReport alone = report(probabilities, labels, {"a", "b"}),
                             grouped =
                                 report(probabilities, labels, {"a", "b"}, {.groups = persons});
  EXPECT_EQ(alone.accuracy.value, grouped.accuracy.value);
  const double reach = 1.96 * std::sqrt(0.8 * 0.2 / 30);
  EXPECT_NEAR(grouped.accuracy.low, 0.8 - reach, 0.03);
  EXPECT_NEAR(grouped.accuracy.high, 0.8 + reach, 0.03);
  EXPECT_LT(grouped.per_class[0].recall.low, alone.per_class[0].recall.low - 0.04);
  EXPECT_LT(grouped.macro_f1.low, alone.macro_f1.low - 0.04);
  EXPECT_THROW(report(probabilities, labels, {"a", "b"}, {.groups = {1, 2}}), Error);
}

TEST(Report, OptionsForSomeSamplesHaveTheirGroups) {
  const ReportOptions options{.bootstrap_rounds = 7, .groups = {4, 4, 2, 9}};
  EXPECT_EQ(options_for(options, std::vector<std::size_t>{3, 0}).groups, (std::vector{9, 4}));
  EXPECT_EQ(options_for(options, std::vector<std::size_t>{3, 0}).bootstrap_rounds, 7);
  EXPECT_TRUE(options_for(options, std::vector<std::size_t>{0, 1}).groups.empty());  // one person
  EXPECT_TRUE(options_for({}, std::vector<std::size_t>{0, 1}).groups.empty());
}

TEST(Report, AFullShareOfPersonsIsAsSureAsTheyAreMany) {
  // Five persons of four images; the fifth shows the second class twice; all are right.
  std::vector<float> probabilities;
  std::vector<int> labels, persons;
  for (int i = 0; i < 20; ++i) {
    labels.push_back(i < 18 ? 0 : 1);
    persons.push_back(i / 4);
    probabilities.insert(probabilities.end(), {i < 18 ? 0.9F : 0.1F, i < 18 ? 0.1F : 0.9F});
  }
  const ClassificationReport result =
      report(probabilities, labels, {"a", "b"}, {.groups = persons});
  EXPECT_DOUBLE_EQ(result.accuracy.low, wilson_score(5, 5).low);
  EXPECT_DOUBLE_EQ(result.per_class[0].recall.low, wilson_score(5, 5).low);
  EXPECT_DOUBLE_EQ(result.per_class[1].recall.low, wilson_score(1, 1).low);
  EXPECT_DOUBLE_EQ(result.per_class[1].precision.low, wilson_score(1, 1).low);
}

TEST(Report, AFullShareIsNotCertain) {
  // One class always right; the second is there once, the third never.
  const std::vector<float> probabilities = {0.9F, 0.1F, 0, 0.9F, 0.1F, 0,
                                            0.9F, 0.1F, 0, 0.2F, 0.8F, 0};
  const ClassificationReport result =
      report(probabilities, std::vector{0, 0, 0, 1}, {"a", "b", "c"});
  EXPECT_DOUBLE_EQ(result.per_class[0].recall.low, wilson_score(3, 3).low);
  EXPECT_DOUBLE_EQ(result.per_class[1].precision.low, wilson_score(1, 1).low);
  const double share = wilson_score(1, 1).low;
  EXPECT_DOUBLE_EQ(result.per_class[1].f1.low, 2 * share / (1 + share));
  EXPECT_EQ(result.per_class[1].f1.high, 1);
  EXPECT_EQ(result.per_class[2].recall.value, 0);
  EXPECT_EQ(result.per_class[2].recall.high, 1);
  EXPECT_EQ(result.per_class[2].f1.high, 1);
}

TEST(Report, RepeatsWithItsSeed) {
  const Data data = random_data(300, 3);
  const std::vector<std::string> names = {"a", "b", "c"};
  const base::Json once = to_json(report(data.probabilities, data.labels, names));
  EXPECT_EQ(once, to_json(report(data.probabilities, data.labels, names)));
  EXPECT_NE(once, to_json(report(data.probabilities, data.labels, names, {.seed = 2})));
  const ClassificationReport plain =
      report(data.probabilities, data.labels, names, {.bootstrap_rounds = 0});
  EXPECT_EQ(plain.macro_f1.low, plain.macro_f1.value);
}

TEST(Report, WritesJson) {
  const ClassificationReport result = report(std::vector{0.75f, 0.25f}, std::vector{0},
                                             {"he said \"no\"", "yes"}, {.bootstrap_rounds = 0});
  const base::Json json = to_json(result);
  EXPECT_EQ(json["count"], 1);
  EXPECT_EQ(json["log_loss"]["value"], 0.287682);
  EXPECT_EQ(json["per_class"][1]["label"], "yes");
  EXPECT_EQ(json["confusion"], (base::Json{{1, 0}, {0, 0}}));
}

TEST(Report, WritesAlignedText) {
  const Data data = random_data(300, 3);
  const std::string text =
      to_text(report(data.probabilities, data.labels, {"angry", "disgust", "a very long name"}));
  EXPECT_NE(text.find("accuracy     0."), std::string::npos) << text;
  EXPECT_NE(text.find("\ndisgust    "), std::string::npos) << text;
  EXPECT_NE(text.find('%'), std::string::npos) << text;
  std::vector<std::size_t> widths;
  const std::string table = text.substr(text.find("\ntruth") + 1);
  for (std::size_t at = 0; at < table.size(); at = table.find('\n', at) + 1) {
    widths.push_back(table.find('\n', at) - at);
  }
  EXPECT_EQ(widths, std::vector<std::size_t>(7, widths[0]))
      << text;  // a head, and two lines a class
}

TEST(Report, RefusesWhatDoesNotFit) {
  const std::vector<float> row = {0.5f, 0.5f};
  EXPECT_THROW(report(row, std::vector{0}, {"one"}), Error);
  EXPECT_THROW(report({}, {}, {"one", "two"}), Error);
  EXPECT_THROW(report(row, std::vector{5}, {"one", "two"}), Error);
  EXPECT_THROW(report(row, std::vector{0}, {"one", "two"}, {.bootstrap_rounds = -1}), Error);
}

}  // namespace
}  // namespace mien::metrics
