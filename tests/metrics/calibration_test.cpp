#include "metrics/calibration.hpp"

#include <gtest/gtest.h>

#include <random>

#include <cmath>
#include <limits>

#include "base/softmax.hpp"
#include "mien/error.hpp"

namespace mien::metrics {
namespace {

TEST(LogLoss, IsTheMeanOfMinusLogP) {
  const std::vector<float> probabilities = {0.5f, 0.5f, 0.25f, 0.75f};
  EXPECT_NEAR(log_loss(probabilities, std::vector{0, 0}), (std::log(2) + std::log(4)) / 2, 1e-12);
}

TEST(LogLoss, ClampsTheImpossible) {
  EXPECT_NEAR(log_loss(std::vector{1.0f, 0.0f}, std::vector{1}), 16.118096, 1e-6);  // -log(1e-7)
}

TEST(BrierScore, SumsSquaresOverClasses) {
  // (0.7-1)^2 + 0.2^2 + 0.1^2 = 0.14 and 0.5^2 + 0.5^2 + (0-1)^2 = 1.5
  const std::vector<float> probabilities = {0.7f, 0.2f, 0.1f, 0.5f, 0.5f, 0.0f};
  EXPECT_NEAR(brier_score(probabilities, std::vector{0, 2}), (0.14 + 1.5) / 2, 1e-6);
}

TEST(CalibrationError, WeighsTheGapsOfTheBins) {
  // Bins of width 1/15: 0.75 and 0.78 lie in (11/15, 12/15], 0.95 in (14/15, 1].
  //   bin 11: confidence (0.75 + 0.78) / 2 = 0.765, accuracy 1/2 -> gap 0.265, two of three samples
  //   bin 14: confidence 0.95, accuracy 1                        -> gap 0.05, one of three samples
  const std::vector<float> probabilities = {0.75f, 0.25f, 0.22f, 0.78f, 0.95f, 0.05f};
  const std::vector<int> labels = {0, 0, 0};
  EXPECT_NEAR(calibration_error(probabilities, labels), (2 * 0.265 + 0.05) / 3, 1e-6);

  const std::vector<ReliabilityBin> bins = reliability_bins(probabilities, labels);
  ASSERT_EQ(bins.size(), 15u);
  EXPECT_EQ(bins[11].count, 2u);
  EXPECT_NEAR(bins[11].confidence, 0.765, 1e-6);
  EXPECT_NEAR(bins[11].accuracy, 0.5, 1e-12);
  EXPECT_NEAR(bins[11].low, 11.0 / 15, 1e-12);
  EXPECT_EQ(bins[14].count, 1u);
  EXPECT_EQ(bins[0].count, 0u);
}

TEST(CalibrationError, ClosesItsBinsAbove) {
  EXPECT_EQ(calibration_bin(0), 0);
  EXPECT_EQ(calibration_bin(1), 14);
  EXPECT_EQ(calibration_bin(0.2), 2);  // 3/15 still belongs to (2/15, 3/15]
  EXPECT_EQ(calibration_bin(0.2001), 3);
}

TEST(Softmax, DividesByTheTemperature) {
  const std::vector<float> logits = {0.0f, static_cast<float>(std::log(3.0))};
  EXPECT_NEAR(base::softmax(logits, 2, 1)[1], 0.75, 1e-6);  // 3 / (1 + 3)
  EXPECT_NEAR(base::softmax(logits, 2, 2)[1], std::sqrt(3.0) / (1 + std::sqrt(3.0)),
              1e-6);  // 3^(1/2)
  const std::vector<float> huge = base::softmax(std::vector{1000.0f, -1000.0f}, 2, 1);
  EXPECT_EQ(huge[0], 1);
  EXPECT_EQ(huge[1], 0);
  EXPECT_THROW(base::softmax(logits, 2, 0), Error);
}

TEST(FitTemperature, FindsTheMinimum) {
  // Logits (0, 2): p(1) = 1 / (1 + exp(-2 / T)). Three of four labels are 1, so the best p(1) is
  // 3/4: exp(-2 / T) = 1/3, T = 2 / log 3 = 1.8205.
  std::vector<float> logits;
  for (int i = 0; i < 4; ++i) logits.insert(logits.end(), {0.0f, 2.0f});
  const std::vector<int> labels = {1, 1, 0, 1};
  EXPECT_NEAR(fit_temperature(logits, labels), 2 / std::log(3.0), 1e-5);
  const double best = log_loss(base::softmax(logits, 2, fit_temperature(logits, labels)), labels);
  EXPECT_NEAR(best, -(0.75 * std::log(0.75) + 0.25 * std::log(0.25)), 1e-6);
}

TEST(FitTemperature, StaysWithinItsLimits) {
  const std::vector<float> logits = {0.0f, 2.0f};
  EXPECT_NEAR(fit_temperature(logits, std::vector{1}), kMinTemperature, 1e-5);  // always right
  EXPECT_NEAR(fit_temperature(logits, std::vector{0}), kMaxTemperature, 1e-3);  // always wrong
}

TEST(FitCalibration, MovesTheMeanProbabilitiesToTheShares) {
  // Logits (0, 0), three of four labels are 1: p(1) is to be 3/4, so the biases lie log 3
  // temperatures apart.
  const std::vector<float> flat(8, 0.0F);
  const std::vector<int> labels = {1, 1, 0, 1};
  const Calibration found = fit_calibration(flat, labels);
  EXPECT_NEAR(found.biases[0] + found.biases[1], 0, 1e-9);
  EXPECT_NEAR((found.biases[1] - found.biases[0]) / found.temperature, std::log(3.0), 1e-3);
}

TEST(FitCalibration, UndoesAShiftThatTheLabelsDoNotShow) {
  // Three classes drawn with probabilities base::softmax(z); the logits that are handed over are 2
  // z + (1, 0, -1).
  std::mt19937 random(7);
  std::normal_distribution<float> normal;
  std::vector<float> logits;
  std::vector<int> labels;
  for (int i = 0; i < 20000; ++i) {
    const std::vector<float> z = {normal(random), normal(random), normal(random)};
    const std::vector<float> p = base::softmax(z, 3, 1);
    const float draw = std::uniform_real_distribution<float>()(random);
    labels.push_back(draw < p[0] ? 0 : draw < p[0] + p[1] ? 1 : 2);
    for (int c = 0; c < 3; ++c)
      logits.push_back(2 * z[static_cast<std::size_t>(c)] + 1 - static_cast<float>(c));
  }
  const Calibration found = fit_calibration(logits, labels);
  EXPECT_NEAR(found.temperature, 2, 0.1);
  for (std::size_t c = 0; c < 3; ++c)
    EXPECT_NEAR(found.biases[c], static_cast<double>(c) - 1, 0.1) << c;
}

TEST(RaiseRecalls, LiftsTheClassThatIsMissed) {
  // Class 1 of two leads by 1 in every row, and by 0.3 in those that are class 0's: a bias of 0.3
  // finds these, and no other.
  std::vector<float> logits;
  std::vector<int> labels;
  for (int i = 0; i < 10; ++i) {
    logits.insert(logits.end(), {0.0F, i < 3 ? 0.3F : 1.0F});
    labels.push_back(i < 4 ? 0 : 1);
  }
  const Calibration found = raise_recalls(logits, labels, {1, {0, 0}}, 0.75);
  EXPECT_NEAR(found.biases[0] - found.biases[1], 0.3, 0.02);
  EXPECT_NEAR(found.biases[0] + found.biases[1], 0, 1e-9);
  const Calibration enough = raise_recalls(logits, labels, {1, {0.5, 0}}, 0.75);
  EXPECT_EQ(enough.biases, (std::vector<double>{0.5, 0}));
  EXPECT_THROW(raise_recalls(logits, labels, {1, {0, 0}}, 0.9),
               Error);  // the fourth is like class 1's own
}

TEST(Predictions, TakeTheFirstOfEqualValues) {
  EXPECT_EQ(predictions(std::vector{0.1f, 0.9f, 0.5f, 0.5f}, 2), (std::vector{1, 0}));
  EXPECT_TRUE(predictions({}, 3).empty());
}

TEST(Calibration, RefusesWhatDoesNotFit) {
  const std::vector<float> row = {0.5f, 0.5f};
  EXPECT_THROW(log_loss({}, {}), Error);
  EXPECT_THROW(log_loss({}, std::vector{0}), Error);
  EXPECT_THROW(log_loss(std::vector{0.5f, 0.25f, 0.25f}, std::vector{0, 0}), Error);
  EXPECT_THROW(log_loss(row, std::vector{2}), Error);
  EXPECT_THROW(log_loss(row, std::vector{-1}), Error);
  EXPECT_THROW(brier_score(std::vector{1.5f, -0.5f}, std::vector{0}), Error);
  EXPECT_THROW(
      calibration_error(std::vector{std::numeric_limits<float>::quiet_NaN(), 0.5f}, std::vector{0}),
      Error);
  EXPECT_THROW(
      fit_temperature(std::vector{std::numeric_limits<float>::infinity(), 0.0f}, std::vector{0}),
      Error);
  EXPECT_THROW(predictions(row, 0), Error);
}

TEST(CrossValidation, FindsTheGainOfBiasesAndNoGainWithoutOne) {
  std::mt19937_64 random(3);
  std::normal_distribution<float> normal;
  std::vector<float> good, biased;
  std::vector<int> labels, groups;
  for (int i = 0; i < 600; ++i) {
    const int label = i / 200;  // sorted, as folders are
    labels.push_back(label);
    groups.push_back(i / 10);
    for (int c = 0; c < 3; ++c) {
      good.push_back((c == label ? 2.0F : 0.0F) + normal(random));
      biased.push_back(good.back() + (c == 0 ? 3.0F : 0.0F));
    }
  }
  const auto gain = cross_validate_calibration(biased, labels, groups, 1, fit_calibration);
  ASSERT_TRUE(gain);
  EXPECT_EQ(gain->folds, 5);
  EXPECT_GT(gain->after.accuracy, gain->before.accuracy + 0.2);
  EXPECT_GT(gain->after.macro_f1, gain->before.macro_f1 + 0.2);
  EXPECT_LT(gain->after.log_loss, gain->before.log_loss - 0.3);
  const auto none = cross_validate_calibration(good, labels, {}, 1, fit_calibration);
  ASSERT_TRUE(none);
  EXPECT_NEAR(none->after.accuracy, none->before.accuracy, 0.02);
  EXPECT_FALSE(
      cross_validate_calibration(good, labels, std::vector<int>(600, 1), 1, fit_calibration));
}

}  // namespace
}  // namespace mien::metrics
