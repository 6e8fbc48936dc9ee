#include "metrics/report.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <set>
#include <utility>

#include "base/file.hpp"
#include "metrics/bootstrap.hpp"
#include "metrics/calibration.hpp"
#include "metrics/checks.hpp"
#include "mien/error.hpp"

namespace mien::metrics {
namespace {

constexpr double kNormalQuantile = 1.959963984540054;  // of 0.975: two-sided 95 %

/// One prediction, as the scores need it.
struct Outcome {
  int truth;
  int prediction;
  int bin;
  double confidence;
  double loss;
};

std::vector<Outcome> outcomes(std::span<const float> probabilities, std::span<const int> labels,
                              std::size_t classes) {
  const std::vector<int> guesses = predictions(probabilities, static_cast<int>(classes));
  std::vector<Outcome> out(labels.size());
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto row = probabilities.subspan(i * classes, classes);
    const double confidence = row[static_cast<std::size_t>(guesses[i])];
    const double likelihood = row[static_cast<std::size_t>(labels[i])];
    out[i] = {labels[i], guesses[i], calibration_bin(confidence), confidence,
              -std::log(std::max(likelihood, kMinProbability))};
  }
  return out;
}

/// Accumulates outcomes and computes the scores of a report.
class Tally {
 public:
  explicit Tally(int classes) : confusion_(classes) {}

  void clear() {
    confusion_.clear();
    gaps_.fill(0);
    loss_ = 0;
  }

  void add(const Outcome& outcome) {
    confusion_.add(outcome.truth, outcome.prediction);
    gaps_[static_cast<std::size_t>(outcome.bin)] +=
        outcome.confidence - (outcome.truth == outcome.prediction ? 1 : 0);
    loss_ += outcome.loss;
  }

  const ConfusionMatrix& confusion() const { return confusion_; }

  /// macro F1, weighted F1, log loss, ECE; then precision, recall, F1 of each class, NaN if
  /// undefined.
  std::vector<double> scores() const {
    const auto count = static_cast<double>(confusion_.total());
    double gap = 0;
    for (const double bin : gaps_) gap += std::abs(bin);
    std::vector<double> out = {confusion_.macro_f1(), confusion_.weighted_f1(), loss_ / count,
                               gap / count};
    for (int c = 0; c < confusion_.classes(); ++c) {
      const bool is_true = confusion_.support(c) > 0, is_predicted = confusion_.predicted(c) > 0;
      const auto defined = [](bool is, double score) {
        return is ? score : std::numeric_limits<double>::quiet_NaN();
      };
      out.insert(out.end(), {defined(is_predicted, confusion_.precision(c)),
                             defined(is_true, confusion_.recall(c)),
                             defined(is_true || is_predicted, confusion_.f1(c))});
    }
    return out;
  }

 private:
  ConfusionMatrix confusion_;
  std::array<double, kCalibrationBins> gaps_{};  // a bin's count * (confidence - accuracy)
  double loss_ = 0;
};

constexpr std::size_t kLogLoss = 2;  // index in Tally's scores; all others are at most 1

/// Tally's scores over all samples with bias-corrected bootstrap intervals. The correction matters
/// for the calibration error, which resampling increases.
std::vector<Score> bootstrap(const std::vector<Outcome>& samples, int classes,
                             const ReportOptions& options) {
  Tally tally(classes);
  for (const Outcome& sample : samples) tally.add(sample);
  const std::vector<double> values = tally.scores();
  std::vector<std::vector<double>> rounds(values.size());  // [score, round]
  Resampler resampler(options.seed, samples.size(), options.groups);
  for (int round = 0; round < options.bootstrap_rounds; ++round) {
    tally.clear();
    resampler.draw([&](std::size_t i) { tally.add(samples[i]); });
    const std::vector<double> scores = tally.scores();
    for (std::size_t s = 0; s < scores.size(); ++s) rounds[s].push_back(scores[s]);
  }
  std::vector<Score> out;
  for (std::size_t s = 0; s < values.size(); ++s) {
    out.push_back(percentile_score(std::isnan(values[s]) ? 0 : values[s], std::move(rounds[s])));
    const double max = s == kLogLoss ? std::numeric_limits<double>::infinity()
                                     : 1;  // the correction may leave the range
    out.back().low = std::clamp(out.back().low, 0.0, max);
    out.back().high = std::clamp(out.back().high, 0.0, max);
  }
  return out;
}

/// A share with its bootstrap interval `resampled`. If all or none are hits, resampling has no
/// spread; then Wilson's interval with the number of groups as the sample size.
Score share_score(std::uint64_t hits, std::uint64_t count, std::size_t groups,
                  const Score& resampled) {
  if (hits > 0 && hits < count) return resampled;
  return wilson_score(hits == 0 ? 0 : groups, groups);
}

/// The same for F1, as a function of Jaccard's index.
Score f1_score(std::uint64_t hits, std::uint64_t count, std::size_t groups,
               const Score& resampled) {
  if (hits > 0 && hits < count) return resampled;
  const auto of_share = [](double share) { return 2 * share / (1 + share); };
  const Score share = share_score(hits, count, groups, {});
  return {of_share(share.value), of_share(share.low), of_share(share.high)};
}

/// Number of groups with a sample that has the property; number of samples if there are no groups.
template <class Property>
std::size_t count_groups(std::size_t samples, const std::vector<int>& groups, Property has) {
  std::set<std::size_t> found;
  for (std::size_t i = 0; i < samples; ++i) {
    if (has(i)) found.insert(groups.empty() ? i : static_cast<std::size_t>(groups[i]));
  }
  return found.size();
}

}  // namespace

Score wilson_score(std::uint64_t hits, std::uint64_t count) {
  if (count == 0) return {0, 0, 1};
  const auto n = static_cast<double>(count);
  const double share = static_cast<double>(hits) / n;
  const double z2 = kNormalQuantile * kNormalQuantile;
  const double center = (share + z2 / (2 * n)) / (1 + z2 / n);
  const double reach =
      kNormalQuantile / (1 + z2 / n) * std::sqrt(share * (1 - share) / n + z2 / (4 * n * n));
  return {share, std::max(0.0, center - reach), std::min(1.0, center + reach)};
}

Score accuracy_score(const std::vector<bool>& right, const ReportOptions& options) {
  const auto hits = static_cast<std::uint64_t>(std::count(right.begin(), right.end(), true));
  if (options.groups.empty()) return wilson_score(hits, right.size());
  std::vector<double> rounds;
  Resampler resampler(options.seed, right.size(), options.groups);
  for (int round = 0; round < options.bootstrap_rounds; ++round) {
    double drawn = 0, drawn_hits = 0;
    resampler.draw([&](std::size_t i) { ++drawn, drawn_hits += right[i] ? 1 : 0; });
    rounds.push_back(drawn_hits / drawn);
  }
  Score out = percentile_score(static_cast<double>(hits) / static_cast<double>(right.size()),
                               std::move(rounds));
  out.low = std::max(out.low, 0.0);
  out.high = std::min(out.high, 1.0);
  return share_score(hits, right.size(),
                     count_groups(right.size(), options.groups, [](std::size_t) { return true; }),
                     out);
}

ReportOptions options_for(const ReportOptions& options, std::span<const std::size_t> chosen) {
  ReportOptions out = options;
  out.groups.clear();
  if (options.groups.empty()) return out;
  for (const std::size_t i : chosen) out.groups.push_back(options.groups[i]);
  const bool several =
      std::ranges::adjacent_find(out.groups, std::not_equal_to{}) != out.groups.end();
  if (!several) out.groups.clear();
  return out;
}

ClassificationReport report(std::span<const float> probabilities, std::span<const int> labels,
                            std::vector<std::string> class_names, const ReportOptions& options) {
  const std::size_t classes = check_probabilities(probabilities, labels);
  if (classes != class_names.size()) {
    throw Error(ErrorCode::kInvalidArgument,
                base::format("%zu class names for %zu classes", class_names.size(), classes));
  }
  if (options.bootstrap_rounds < 0) {
    throw Error(
        ErrorCode::kInvalidArgument,
        base::format("bootstrap_rounds is %d; it must not be negative", options.bootstrap_rounds));
  }
  ClassificationReport out;
  out.count = labels.size();
  out.confusion = ConfusionMatrix(static_cast<int>(classes));
  const std::vector<Outcome> samples = outcomes(probabilities, labels, classes);
  std::vector<bool> right;
  for (const Outcome& sample : samples) {
    out.confusion.add(sample.truth, sample.prediction);
    right.push_back(sample.truth == sample.prediction);
  }
  out.accuracy = accuracy_score(right, options);

  const std::vector<Score> scores = bootstrap(samples, static_cast<int>(classes), options);
  out.macro_f1 = scores[0];
  out.weighted_f1 = scores[1];
  out.log_loss = scores[2];
  out.ece = scores[3];
  for (std::size_t c = 0; c < classes; ++c) {
    const int index = static_cast<int>(c);
    const std::uint64_t hits = out.confusion.count(index, index),
                        support = out.confusion.support(index),
                        said = out.confusion.predicted(index);
    const auto groups = [&](bool truth, bool prediction) {
      return count_groups(samples.size(), options.groups, [&](std::size_t i) {
        return (truth && samples[i].truth == index) ||
               (prediction && samples[i].prediction == index);
      });
    };
    const Score *const precision = &scores[4 + 3 * c], *const recall = precision + 1,
                       *const f1 = precision + 2;
    ClassScores& one = out.per_class.emplace_back(ClassScores{
        std::move(class_names[c]), support, wilson_score(hits, said), wilson_score(hits, support),
        f1_score(hits, support + said - hits, groups(true, true), *f1)});
    if (options.groups.empty()) continue;
    one.precision = share_score(hits, said, groups(false, true), *precision);
    one.recall = share_score(hits, support, groups(true, false), *recall);
  }
  return out;
}

}  // namespace mien::metrics
