#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "metrics/confusion.hpp"

namespace mien::metrics {

/// A measured value and its 95 % interval.
struct Score {
  double value = 0;
  double low = 0;
  double high = 0;
};

/// Scores of one class; undefined quotients are 0 (confusion.hpp).
struct ClassScores {
  std::string name;
  std::uint64_t support = 0;
  Score precision;
  Score recall;
  Score f1;
};

/// Scores of predicted probabilities. Accuracy, precision and recall have Wilson's intervals
/// (1927); the others have bias-corrected bootstrap intervals over the samples (Efron 1979). If
/// samples are grouped, such as by subject, all intervals come from a bootstrap over the groups,
/// because images of one subject are correlated. A share of 0 or 1 has no spread under resampling;
/// it then has Wilson's interval with the number of groups as the sample size.
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
  int bootstrap_rounds = 1000;  ///< 0: no bootstrap; these intervals equal the value
  std::uint64_t seed = 1;       ///< the same seed gives the same intervals
  std::vector<int> groups =
      {};  ///< [samples] group numbers, such as the subject; empty: each sample is a group
};

/// The options for the samples at the indices `chosen`. If all of them are in one group, the result
/// has no groups: a bootstrap over one group has no spread.
ReportOptions options_for(const ReportOptions& options, std::span<const std::size_t> chosen);

/// Probabilities [count, classes], labels [count] with values 0..classes-1, one name per class. The
/// prediction is the most probable class, the first one if several are equal. Throws Error
/// kInvalidArgument (see calibration.hpp), also for a wrong number of names.
ClassificationReport report(std::span<const float> probabilities, std::span<const int> labels,
                            std::vector<std::string> class_names,
                            const ReportOptions& options = {});

/// Wilson's interval of a share of `hits` in `count`; {0, 0, 1} without samples.
Score wilson_score(std::uint64_t hits, std::uint64_t count);

/// Share of correct samples, with Wilson's interval or a bootstrap interval over the groups.
/// Requires at least one sample.
Score accuracy_score(const std::vector<bool>& right, const ReportOptions& options);

/// {"value", "low", "high"}.
base::Json to_json(const Score& score);
/// "count", "labels" [classes], "accuracy", "macro_f1", "weighted_f1", "log_loss", "ece" (Scores),
/// "per_class" [{"label", "support", "precision", "recall", "f1"}], "confusion" [classes][classes]
/// of counts, rows truth.
base::Json to_json(const ClassificationReport& report);

/// Text tables: scores with intervals, one line per class, and the confusion matrix in percent of
/// the row with the counts below.
std::string to_text(const ClassificationReport& report);

}  // namespace mien::metrics
