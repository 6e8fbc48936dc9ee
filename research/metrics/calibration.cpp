#include "metrics/calibration.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <numeric>
#include <random>

#include "base/file.hpp"
#include "base/softmax.hpp"
#include "metrics/checks.hpp"
#include "metrics/confusion.hpp"
#include "mien/error.hpp"

namespace mien::metrics {
namespace {

/// Mean of -log softmax(logits / temperature)[label].
double scaled_loss(std::span<const float> logits, std::span<const int> labels, double temperature) {
  const std::size_t classes = logits.size() / labels.size();
  double sum = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto row = logits.subspan(i * classes, classes);
    const double top = *std::max_element(row.begin(), row.end());
    double total = 0;
    for (const float logit : row) total += std::exp((logit - top) / temperature);
    sum += std::log(total) - (row[static_cast<std::size_t>(labels[i])] - top) / temperature;
  }
  return sum / static_cast<double>(labels.size());
}

}  // namespace

double log_loss(std::span<const float> probabilities, std::span<const int> labels) {
  const std::size_t classes = check_probabilities(probabilities, labels);
  double sum = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    sum -= std::log(std::max<double>(
        probabilities[i * classes + static_cast<std::size_t>(labels[i])], kMinProbability));
  }
  return sum / static_cast<double>(labels.size());
}

double brier_score(std::span<const float> probabilities, std::span<const int> labels) {
  const std::size_t classes = check_probabilities(probabilities, labels);
  double sum = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    for (std::size_t c = 0; c < classes; ++c) {
      const double truth = c == static_cast<std::size_t>(labels[i]) ? 1 : 0;
      sum += std::pow(probabilities[i * classes + c] - truth, 2);
    }
  }
  return sum / static_cast<double>(labels.size());
}

int calibration_bin(double confidence) {
  return std::clamp(static_cast<int>(std::ceil(confidence * kCalibrationBins)) - 1, 0,
                    kCalibrationBins - 1);
}

std::vector<ReliabilityBin> reliability_bins(std::span<const float> probabilities,
                                             std::span<const int> labels) {
  const std::size_t classes = check_probabilities(probabilities, labels);
  const std::vector<int> guesses = predictions(probabilities, static_cast<int>(classes));
  std::vector<ReliabilityBin> bins(kCalibrationBins);
  for (int b = 0; b < kCalibrationBins; ++b) {
    bins[static_cast<std::size_t>(b)].low = static_cast<double>(b) / kCalibrationBins;
    bins[static_cast<std::size_t>(b)].high = static_cast<double>(b + 1) / kCalibrationBins;
  }
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const double confidence = probabilities[i * classes + static_cast<std::size_t>(guesses[i])];
    ReliabilityBin& bin = bins[static_cast<std::size_t>(calibration_bin(confidence))];
    ++bin.count;
    bin.confidence += confidence;
    bin.accuracy += guesses[i] == labels[i] ? 1 : 0;
  }
  for (ReliabilityBin& bin : bins) {
    if (bin.count == 0) continue;
    bin.confidence /= static_cast<double>(bin.count);
    bin.accuracy /= static_cast<double>(bin.count);
  }
  return bins;
}

double calibration_error(std::span<const float> probabilities, std::span<const int> labels) {
  double sum = 0;
  for (const ReliabilityBin& bin : reliability_bins(probabilities, labels)) {
    sum += static_cast<double>(bin.count) * std::abs(bin.accuracy - bin.confidence);
  }
  return sum / static_cast<double>(labels.size());
}

double fit_temperature(std::span<const float> logits, std::span<const int> labels) {
  check_labels(logits, labels);
  constexpr double kStep = std::numbers::phi - 1;
  constexpr double kPrecision = 1e-7;
  const auto loss = [&](double log_temperature) {
    return scaled_loss(logits, labels, std::exp(log_temperature));
  };
  double low = std::log(kMinTemperature);
  double high = std::log(kMaxTemperature);
  double left = high - kStep * (high - low);
  double right = low + kStep * (high - low);
  double left_loss = loss(left);
  double right_loss = loss(right);
  while (high - low > kPrecision) {
    if (left_loss <= right_loss) {
      high = right;
      right = left;
      right_loss = left_loss;
      left = high - kStep * (high - low);
      left_loss = loss(left);
    } else {
      low = left;
      left = right;
      left_loss = right_loss;
      right = low + kStep * (high - low);
      right_loss = loss(right);
    }
  }
  return std::exp((low + high) / 2);
}

Calibration fit_calibration(std::span<const float> logits, std::span<const int> labels) {
  const std::size_t classes = check_labels(logits, labels);
  std::vector<double> counts(classes, 1);
  for (const int label : labels) ++counts[static_cast<std::size_t>(label)];
  Calibration found{fit_temperature(logits, labels), std::vector<double>(classes)};
  std::vector<float> moved(logits.begin(), logits.end());
  constexpr int kRounds = 60;  // converges geometrically; 60 rounds reach float precision
  for (int round = 0; round < kRounds; ++round) {
    std::vector<double> sums(classes, 1);
    const std::vector<float> probabilities =
        base::softmax(moved, static_cast<int>(classes), found.temperature);
    for (std::size_t i = 0; i < probabilities.size(); ++i) sums[i % classes] += probabilities[i];
    for (std::size_t c = 0; c < classes; ++c)
      found.biases[c] += found.temperature * std::log(counts[c] / sums[c]);
    const double mean = std::accumulate(found.biases.begin(), found.biases.end(), 0.0) /
                        static_cast<double>(classes);
    for (double& bias : found.biases) bias -= mean;
    for (std::size_t i = 0; i < moved.size(); ++i)
      moved[i] = static_cast<float>(logits[i] + found.biases[i % classes]);
    found.temperature = fit_temperature(moved, labels);
  }
  return found;
}

Calibration raise_recalls(std::span<const float> logits, std::span<const int> labels,
                          Calibration calibration, double min_recall) {
  const std::size_t classes = check_labels(logits, labels);
  std::vector<double> supports(classes);
  for (const int label : labels) ++supports[static_cast<std::size_t>(label)];
  constexpr double kStep = 0.01, kMaxShift = 2;  // in units of the temperature
  for (int step = 0; step * kStep < kMaxShift; ++step) {
    std::vector<float> moved(logits.begin(), logits.end());
    for (std::size_t i = 0; i < moved.size(); ++i)
      moved[i] += static_cast<float>(calibration.biases[i % classes]);
    const std::vector<int> guesses = predictions(moved, static_cast<int>(classes));
    std::vector<double> found(classes);
    for (std::size_t i = 0; i < labels.size(); ++i)
      found[static_cast<std::size_t>(labels[i])] += guesses[i] == labels[i] ? 1 : 0;
    int raised = 0;
    for (std::size_t c = 0; c < classes; ++c) {
      if (found[c] >= min_recall * supports[c]) continue;
      calibration.biases[c] += kStep * calibration.temperature;
      ++raised;
    }
    if (raised == 0) return calibration;
    for (double& bias : calibration.biases)
      bias -= kStep * calibration.temperature * raised / static_cast<double>(classes);
  }
  throw Error(
      ErrorCode::kInvalidArgument,
      base::format("no class biases reach a recall of %g for every class; lower it", min_recall));
}

std::optional<CalibrationGain> cross_validate_calibration(
    std::span<const float> logits, std::span<const int> labels, std::span<const int> groups,
    double temperature,
    const std::function<Calibration(std::span<const float>, std::span<const int>)>& fit) {
  constexpr int kMaxFolds = 5;
  const std::size_t classes = check_labels(logits, labels);
  if (!groups.empty() && groups.size() != labels.size()) {
    throw Error(ErrorCode::kInvalidArgument,
                base::format("%zu group numbers for %zu labels", groups.size(), labels.size()));
  }
  // Groups in a random but reproducible order, so that sorted data do not give one-class folds.
  std::map<int, int> fold_of_group;
  for (std::size_t i = 0; i < labels.size(); ++i)
    fold_of_group.emplace(groups.empty() ? static_cast<int>(i) : groups[i], 0);
  const int folds = std::min(kMaxFolds, static_cast<int>(fold_of_group.size()));
  if (folds < 2) return std::nullopt;
  std::vector<int*> order;
  for (auto& [group, fold] : fold_of_group) order.push_back(&fold);
  std::mt19937_64 random(1);
  for (std::size_t i = order.size(); i > 1; --i)
    std::swap(order[i - 1], order[((random() >> 32) * i) >> 32]);
  for (std::size_t i = 0; i < order.size(); ++i)
    *order[i] = static_cast<int>(i % static_cast<std::size_t>(folds));

  std::vector<float> after(logits.size());
  for (int fold = 0; fold < folds; ++fold) {
    std::vector<float> known;
    std::vector<int> known_labels;
    const auto is_held_out = [&](std::size_t i) {
      return fold_of_group.at(groups.empty() ? static_cast<int>(i) : groups[i]) == fold;
    };
    for (std::size_t i = 0; i < labels.size(); ++i) {
      if (is_held_out(i)) continue;
      const auto row = logits.subspan(i * classes, classes);
      known.insert(known.end(), row.begin(), row.end());
      known_labels.push_back(labels[i]);
    }
    const Calibration found = fit(known, known_labels);
    for (std::size_t i = 0; i < labels.size(); ++i) {
      if (!is_held_out(i)) continue;
      for (std::size_t c = 0; c < classes; ++c) {
        after[i * classes + c] =
            static_cast<float>((logits[i * classes + c] + found.biases[c]) / found.temperature);
      }
    }
  }
  const auto score = [&](std::span<const float> values, double scale) {
    const std::vector<float> probabilities =
        base::softmax(values, static_cast<int>(classes), scale);
    ConfusionMatrix confusion(static_cast<int>(classes));
    const std::vector<int> guesses = predictions(values, static_cast<int>(classes));
    for (std::size_t i = 0; i < labels.size(); ++i) confusion.add(labels[i], guesses[i]);
    return CalibrationScores{confusion.accuracy(), confusion.macro_f1(),
                             log_loss(probabilities, labels)};
  };
  return CalibrationGain{folds, score(logits, temperature), score(after, 1)};
}

std::vector<int> predictions(std::span<const float> values, int classes) {
  check_rows(values, classes);
  const auto width = static_cast<std::ptrdiff_t>(classes);
  std::vector<int> out;
  out.reserve(values.size() / static_cast<std::size_t>(classes));
  for (auto row = values.begin(); row != values.end(); row += width) {
    out.push_back(static_cast<int>(std::max_element(row, row + width) - row));
  }
  return out;
}

}  // namespace mien::metrics
