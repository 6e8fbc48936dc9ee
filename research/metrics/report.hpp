#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "metrics/confusion.hpp"

namespace mien::metrics {

/// A measured value and its 95 % interval.
struct Score {
  double value = 0;
  double low = 0;
  double high = 0;
};

/// A class among others. Undefined quotients are 0 (confusion.hpp).
struct ClassScores {
  std::string name;
  std::uint64_t support = 0;
  Score precision;
  Score recall;
  Score f1;
};

/// How well probabilities tell the labels. The intervals of shares (accuracy, precision, recall)
/// are Wilson's (1927); all others are percentiles of a bootstrap over the samples (Efron 1979),
/// moved by its estimate of the bias: a resample repeats samples, which makes the calibration error
/// larger than that of the sample. Where samples come in groups, all are of a bootstrap over the
/// groups: pictures of one person are more alike than those of many, and say less. A share of 0 or
/// 1, of which every resample is certain, then has Wilson's interval of as many samples as there
/// are groups, and F1 by the share that it is a function of.
struct ClassificationReport {
  std::uint64_t count = 0;
  Score accuracy;
  Score macro_f1;
  Score weighted_f1;
  Score log_loss;  ///< natural logarithm, clamped (calibration.hpp)
  Score ece;       ///< expected calibration error, 15 bins (calibration.hpp)
  std::vector<ClassScores> per_class;
  ConfusionMatrix confusion{1};  ///< rows truth, columns prediction
};

struct ReportOptions {
  int bootstrap_rounds = 1000;  ///< 0: the intervals of the bootstrap shrink to the value
  std::uint64_t seed = 1;       ///< the same seed gives the same intervals
  std::vector<int> groups =
      {};  ///< [samples] any number for each group, of a person for one; empty: each sample alone
};

/// The options for some of the samples, `chosen` by their places. Where all of these are of one
/// group they have none: of one person's pictures nothing is known of others.
ReportOptions options_for(const ReportOptions& options, std::span<const std::size_t> chosen);

/// Probabilities [count, classes], labels [count] with values 0..classes-1, one name a class. The
/// prediction is the most probable class, the first of equal ones. Throws Error kInvalidArgument as
/// calibration.hpp says, or when the names do not fit.
ClassificationReport report(std::span<const float> probabilities, std::span<const int> labels,
                            std::vector<std::string> class_names,
                            const ReportOptions& options = {});

/// Wilson's interval of a share of `hits` in `count`; {0, 0, 1} without samples.
Score wilson_score(std::uint64_t hits, std::uint64_t count);

/// The share of samples that are right: with Wilson's interval, or that of a bootstrap over the
/// groups. Not of none.
Score accuracy_score(const std::vector<bool>& right, const ReportOptions& options);

/// A JSON object: "count", "labels" [classes], "accuracy", "macro_f1", "weighted_f1", "log_loss",
/// "ece" (each
/// {"value", "low", "high"}), "per_class" [{"label", "support", "precision", "recall", "f1"}],
/// "confusion" [classes][classes] of counts, rows truth.
std::string to_json(const ClassificationReport& report);

/// Tables for people: scores with their intervals, one line a class, the confusion matrix in
/// percent of the truth with the counts below.
std::string to_text(const ClassificationReport& report);

}  // namespace mien::metrics
