#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace mien::metrics {

// Probabilities and logits are [count, classes], labels [count] with values 0..classes-1; the
// number of classes is the quotient of the two sizes. Every function throws Error kInvalidArgument
// when there is no sample, when the sizes do not fit, a label is out of range, or a value is not
// finite (a probability: not within 0..1).

/// Probabilities are taken to be at least this much before their logarithm: an impossible label
/// costs 16.1.
inline constexpr double kLeastProbability = 1e-7;

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
  double accuracy = 0;    ///< share of right predictions; 0 in an empty bin
};
std::vector<ReliabilityBin> reliability_bins(std::span<const float> probabilities,
                                             std::span<const int> labels);

/// Expected calibration error: mean |accuracy - confidence| of the bins, weighted by their counts;
/// 0 to 1.
double calibration_error(std::span<const float> probabilities, std::span<const int> labels);

inline constexpr double kLeastTemperature = 0.05;
inline constexpr double kGreatestTemperature = 20;

/// The temperature within the two limits above that makes the log loss of softmax(logits /
/// temperature) least (Guo et al. 2017); to about 1e-6, by golden section on its logarithm.
double fit_temperature(std::span<const float> logits, std::span<const int> labels);

/// Probabilities are softmax((logits + biases) / temperature).
struct Calibration {
  double temperature = 1;
  std::vector<double> biases;  ///< [classes], mean 0
};

/// Temperature and biases that make the log loss least (bias-corrected temperature scaling:
/// Alexandari et al. 2020): the sum of each class's probabilities becomes the number of its labels.
/// One more sample of each class is thought to lie where the logits see it, so that a class without
/// labels keeps a finite bias.
Calibration fit_calibration(std::span<const float> logits, std::span<const int> labels);

/// Raises the biases of the classes that are recognised in less than a part `least` of their
/// samples, in small equal steps, until none is left: what is rare or ambiguous is then not always
/// taken for its neighbour, at the price of some accuracy. Throws Error kInvalidArgument where that
/// does not come about.
Calibration raise_recalls(std::span<const float> logits, std::span<const int> labels,
                          Calibration calibration, double least);

/// Index of the largest value of each row, the first of equal ones; [count].
std::vector<int> predictions(std::span<const float> values, int classes);

/// The bin of a confidence, 0..kCalibrationBins-1.
int calibration_bin(double confidence);

}  // namespace mien::metrics
