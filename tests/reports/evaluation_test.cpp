#include "reports/evaluation.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <set>

#include "error_code.hpp"
#include "synthetic_faces.hpp"

namespace mien::reports {
namespace {

const std::vector<std::string> kLabels = {"happy", "sad"};

/// Logits (p against 1 - p) of two classes.
std::vector<float> logits(const std::vector<double>& happy) {
  std::vector<float> out;
  for (const double p : happy)
    out.insert(out.end(), {static_cast<float>(std::log(p)), static_cast<float>(std::log(1 - p))});
  return out;
}

LabelSetEvaluation evaluate(const std::vector<double>& happy, const std::vector<int>& truth,
                            double temperature = 1) {
  return evaluate_labels(logits(happy), truth, kLabels, temperature, {.bootstrap_rounds = 20});
}

TEST(Evaluation, LeavesOutUnknownLabelsAndRanksByConfidence) {
  const LabelSetEvaluation e = evaluate({0.9, 0.2, 0.7, 0.55, 0.4}, {0, 0, -1, 1, 1});
  EXPECT_EQ(e.images, (std::vector<std::size_t>{0, 1, 3, 4}));
  EXPECT_EQ(e.predicted, (std::vector<int>{0, 1, 0, 1}));
  EXPECT_DOUBLE_EQ(e.scores.accuracy.value, 0.5);
  EXPECT_EQ(e.confident_mistakes, (std::vector<std::size_t>{1, 2}));   // of 0.8 and 0.55
  EXPECT_EQ(e.least_certain, (std::vector<std::size_t>{2, 3, 1, 0}));  // 0.55, 0.6, 0.8, 0.9
  EXPECT_NEAR(e.confidence(1), 0.8, 1e-6);
  EXPECT_DOUBLE_EQ(e.risk_coverage.back().risk, 0.5);
  EXPECT_EQ(test::code_of([] { evaluate({0.5}, {-1}); }), ErrorCode::kInvalidArgument);
}

TEST(Evaluation, BeforeCalibrationTheTemperatureIsOne) {
  // At temperature 2 the odds 9 : 1 become 3 : 1.
  const LabelSetEvaluation e = evaluate({0.9, 0.9, 0.9, 0.9}, {0, 0, 0, 1}, 2);
  EXPECT_NEAR(e.confidence(0), 0.75, 1e-6);
  EXPECT_NEAR(e.scores.ece.value, 0, 1e-6);
  EXPECT_NEAR(e.ece_before, 0.15, 1e-6);
}

/// Two models on the first images of the private test, which show 0, 1, 2, ….
Evaluation two_models(const datasets::Dataset& dataset) {
  Evaluation e{.data = "folder/data <&>.csv", .split = "PrivateTest", .views = "single"};
  for (const datasets::Sample& sample : dataset) {
    if (sample.split == datasets::Split::kPrivateTest) e.images.push_back(&sample);
  }
  std::vector<int> truth(e.images.size());
  std::vector<double> good(truth.size()), poor(truth.size());
  for (std::size_t i = 0; i < truth.size(); ++i) {
    truth[i] = static_cast<int>(i % 2);
    good[i] = truth[i] == 0 ? 0.9 : 0.2;
    poor[i] = i % 4 < 2 ? good[i] : 1 - good[i];
  }
  for (const auto& [name, happy] : {std::pair{"good", good}, std::pair{"poor", poor}}) {
    ModelEvaluation model{.name = name,
                          .path = std::string(name) + ".onnx",
                          .runtime = "Mien, f32",
                          .temperature = 1.5,
                          .own = evaluate(happy, truth, 1.5)};
    std::vector<int> part;
    for (std::size_t i = 0; i < truth.size(); ++i) part.push_back(static_cast<int>(i % 3));
    model.slicings.push_back(metrics::slice_accuracy("subject", part, {"a", "b", "<c>"},
                                                     model.own.predicted, model.own.truth));
    model.robustness = {{"none", "", model.own.scores.accuracy, 0.5},
                        {"blur", "1 px", {0.5, 0.4, 0.6}, 0.4},
                        {"blur", "2 px", {0.4, 0.3, 0.5}, 0.3}};
    e.models.push_back(std::move(model));
  }
  e.comparisons = compare_models(e, {.bootstrap_rounds = 50});
  e.histories.push_back(
      {.name = "run",
       .columns = {"epoch", "train_loss", "valid_loss", "train_accuracy", "valid_accuracy"},
       .values = {{1, 2}, {2, 1}, {2, 1.5}, {0.2, 0.5}, {0.2, 0.4}}});
  return e;
}

TEST(Evaluation, ComparesEachPairOnce) {
  const datasets::Dataset dataset = test::synthetic_faces(16);
  const Evaluation e = two_models(dataset);
  ASSERT_EQ(e.comparisons.size(), 1U);
  EXPECT_EQ(e.comparisons[0].result.count, 28U);
  EXPECT_EQ(e.comparisons[0].result.test.only_first, 14U);
  EXPECT_EQ(e.comparisons[0].result.test.only_second, 0U);
  EXPECT_EQ(e.comparisons[0].words.find("good is more accurate than poor, by 50.0 points"), 0U)
      << e.comparisons[0].words;
  EXPECT_NE(to_text(e).find(e.comparisons[0].words), std::string::npos);
}

TEST(Evaluation, PageIsWholeAndSelfContained) {
  if (!std::filesystem::exists("/usr/bin/gnuplot")) GTEST_SKIP() << "gnuplot is not installed";
  const datasets::Dataset dataset = test::synthetic_faces(16);
  const Evaluation e = two_models(dataset);
  const std::string page = to_page(e, Faces::kShown);
  for (const char* part :
       {"Comparison", "Confusion matrix", "Scores by class", "Precision and recall", "Calibration",
        "Confidence and errors", "Slices", "Most confident errors", "Least certain images",
        "Robustness", "Training", "data &lt;&amp;&gt;.csv", "&lt;c&gt;"}) {
    EXPECT_NE(page.find(part), std::string::npos) << part;
  }
  for (const char* part : {"<script", "<link", "src=\"http", "url(", "<c>"})
    EXPECT_EQ(page.find(part), std::string::npos) << part;
  EXPECT_EQ(to_page(e, Faces::kLeftOut).find("<img"), std::string::npos);
}

TEST(Evaluation, OfManySlicesTheLowestAreTold) {
  const metrics::Slicing slicing{
      .name = "subject",
      .slices = {
          {"a", 5, {0.9, 0, 1}, 0.8}, {"b", 5, {0.5, 0, 1}, 0.8}, {"c", 5, {0.5, 0, 1}, 0.6}}};
  EXPECT_EQ(worst_slices(slicing, 3)[0].name, "a");
  const std::vector<metrics::Slice> two = worst_slices(slicing, 2);
  ASSERT_EQ(two.size(), 2U);
  EXPECT_EQ(two[0].name, "b");
  EXPECT_EQ(two[1].name, "c");
}

TEST(Evaluation, CardIsMarkdown) {
  const datasets::Dataset dataset = test::synthetic_faces(16);
  const std::string card = to_card(two_models(dataset));
  for (const char* part : {"### good\n", "| single view | 28 | 100.0 (",
                           "| **subject**: ", "| blur | 2 px | 40.0 (30.0 to 50.0) | 0.300 |"})
    EXPECT_NE(card.find(part), std::string::npos) << part << card;
}

}  // namespace
}  // namespace mien::reports
