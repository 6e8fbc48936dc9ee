#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace mien::metrics {

// Probabilities and logits are [count, classes], labels [count] with values 0..classes-1; the
// number of classes is the quotient of the two sizes. Every function throws Error kInvalidArgument
// if there are no samples, sizes do not match, a label is out of range, or a value is not finite
// (probabilities: not in 0..1).

/// Lower bound of a probability before its logarithm is taken; bounds the loss to 16.1.
inline constexpr double kMinProbability = 1e-7;

/// Equal-width bins of the calibration error, as in Guo et al. 2017 (arXiv:1706.04599).
inline constexpr int kCalibrationBins = 15;

/// Mean of -log p(label), natural logarithm.
double log_loss(std::span<const float> probabilities, std::span<const int> labels);

/// Mean over samples of the sum over classes of (p - [class is label])^2, 0 to 2.
double brier_score(std::span<const float> probabilities, std::span<const int> labels);

/// Samples whose confidence (largest probability) lies in (low, high]; 0 belongs to the first bin.
struct ReliabilityBin {
  double low = 0;
  double high = 0;
  std::size_t count = 0;
  double confidence = 0;  ///< mean confidence; 0 in an empty bin
  double accuracy = 0;    ///< share of correct predictions; 0 in an empty bin
};
std::vector<ReliabilityBin> reliability_bins(std::span<const float> probabilities,
                                             std::span<const int> labels);

/// Expected calibration error: mean |accuracy - confidence| of the bins, weighted by their counts;
/// 0 to 1.
double calibration_error(std::span<const float> probabilities, std::span<const int> labels);

inline constexpr double kMinTemperature = 0.05;
inline constexpr double kMaxTemperature = 20;

/// The temperature between the limits above that minimizes the log loss of softmax(logits /
/// temperature) (Guo et al. 2017); golden-section search on its logarithm, to about 1e-6.
double fit_temperature(std::span<const float> logits, std::span<const int> labels);

/// Probabilities are softmax((logits + biases) / temperature).
struct Calibration {
  double temperature = 1;
  std::vector<double> biases;  ///< [classes], mean 0
};

/// Temperature and class biases that minimize the log loss (bias-corrected temperature scaling,
/// Alexandari et al. 2020): the probabilities of each class then sum to the number of its labels.
/// Adds one pseudo-sample per class, so that a class without labels keeps a finite bias.
Calibration fit_calibration(std::span<const float> logits, std::span<const int> labels);

/// Raises the biases of classes whose recall is below `min_recall` in small equal steps until no
/// class is below it. Rare classes gain recall; accuracy drops. Throws Error kInvalidArgument if
/// the minimum cannot be reached.
Calibration raise_recalls(std::span<const float> logits, std::span<const int> labels,
                          Calibration calibration, double min_recall);

/// Scores of probabilities.
struct CalibrationScores {
  double accuracy = 0;
  double macro_f1 = 0;
  double log_loss = 0;
};

/// Scores before and after a calibration.
struct CalibrationGain {
  int folds = 0;
  CalibrationScores before, after;
};

/// The cross-validated effect of a calibration: each fold is scored with the calibration that `fit`
/// finds on the other folds. `groups` [count], such as subjects, are never divided between folds;
/// empty: each sample is a group. `temperature` is that of the scores before. Uses at most five
/// folds; returns nothing if there is only one group.
std::optional<CalibrationGain> cross_validate_calibration(
    std::span<const float> logits, std::span<const int> labels, std::span<const int> groups,
    double temperature,
    const std::function<Calibration(std::span<const float>, std::span<const int>)>& fit);

/// Index of the largest value of each row [count]; the first one if several are equal.
std::vector<int> predictions(std::span<const float> values, int classes);

/// The bin of a confidence, 0..kCalibrationBins-1.
int calibration_bin(double confidence);

}  // namespace mien::metrics
