#include "metrics/report.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "base/file.hpp"
#include "metrics/bootstrap.hpp"
#include "metrics/calibration.hpp"
#include "metrics/checks.hpp"
#include "mien/error.hpp"

namespace mien::metrics {
namespace {

constexpr double kNormalQuantile = 1.959963984540054;  // of 0.975: two-sided 95 %

/// What the scores need to know of one sample.
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
              -std::log(std::max(likelihood, kLeastProbability))};
  }
  return out;
}

/// Gathers outcomes and turns them into the scores that the report has.
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

  /// macro F1, weighted F1, log loss, ECE; then precision, recall, F1 of each class.
  std::vector<double> scores() const {
    const auto count = static_cast<double>(confusion_.total());
    double gap = 0;
    for (const double bin : gaps_) gap += std::abs(bin);
    std::vector<double> out = {confusion_.macro_f1(), confusion_.weighted_f1(), loss_ / count, gap / count};
    for (int c = 0; c < confusion_.classes(); ++c) {
      out.insert(out.end(), {confusion_.precision(c), confusion_.recall(c), confusion_.f1(c)});
    }
    return out;
  }

 private:
  ConfusionMatrix confusion_;
  std::array<double, kCalibrationBins> gaps_{};  // a bin's count * (confidence - accuracy)
  double loss_ = 0;
};

constexpr std::size_t kLogLoss = 2;  // its place in Tally's scores; the others are at most 1

/// Tally's scores over all samples, with percentiles of the scores over resamples, moved by the mean excess of the resamples:
/// the calibration error grows with resampling, the others hardly change.
std::vector<Score> bootstrap(const std::vector<Outcome>& samples, int classes, const ReportOptions& options) {
  Tally tally(classes);
  for (const Outcome& sample : samples) tally.add(sample);
  const std::vector<double> values = tally.scores();
  std::vector<std::vector<double>> rounds(values.size());  // [score, round]
  Resampler resampler(options.seed, samples.size());
  for (int round = 0; round < options.bootstrap_rounds; ++round) {
    tally.clear();
    for (std::size_t i = 0; i < samples.size(); ++i) tally.add(samples[resampler.next()]);
    const std::vector<double> scores = tally.scores();
    for (std::size_t s = 0; s < scores.size(); ++s) rounds[s].push_back(scores[s]);
  }
  std::vector<Score> out;
  for (std::size_t s = 0; s < values.size(); ++s) {
    out.push_back(percentile_score(values[s], std::move(rounds[s])));
    const double most = s == kLogLoss ? std::numeric_limits<double>::infinity() : 1;  // moving may lead out of the range
    out.back().low = std::clamp(out.back().low, 0.0, most);
    out.back().high = std::clamp(out.back().high, 0.0, most);
  }
  return out;
}

}  // namespace

Score wilson_score(std::uint64_t hits, std::uint64_t count) {
  if (count == 0) return {0, 0, 1};
  const auto n = static_cast<double>(count);
  const double share = static_cast<double>(hits) / n;
  const double z2 = kNormalQuantile * kNormalQuantile;
  const double centre = (share + z2 / (2 * n)) / (1 + z2 / n);
  const double reach = kNormalQuantile / (1 + z2 / n) * std::sqrt(share * (1 - share) / n + z2 / (4 * n * n));
  return {share, std::max(0.0, centre - reach), std::min(1.0, centre + reach)};
}

ClassificationReport report(std::span<const float> probabilities, std::span<const int> labels,
                            std::vector<std::string> class_names, const ReportOptions& options) {
  const std::size_t classes = check_probabilities(probabilities, labels);
  if (classes != class_names.size()) {
    throw Error(ErrorCode::kInvalidArgument,
                format("%zu names for %zu classes", class_names.size(), classes));
  }
  if (options.bootstrap_rounds < 0) {
    throw Error(ErrorCode::kInvalidArgument, format("%d rounds of bootstrap", options.bootstrap_rounds));
  }
  ClassificationReport out;
  out.count = labels.size();
  out.confusion = ConfusionMatrix(static_cast<int>(classes));
  std::uint64_t hits = 0;
  const std::vector<Outcome> samples = outcomes(probabilities, labels, classes);
  for (const Outcome& sample : samples) {
    out.confusion.add(sample.truth, sample.prediction);
    hits += sample.truth == sample.prediction ? 1 : 0;
  }
  out.accuracy = wilson_score(hits, out.count);

  const std::vector<Score> scores = bootstrap(samples, static_cast<int>(classes), options);
  out.macro_f1 = scores[0];
  out.weighted_f1 = scores[1];
  out.log_loss = scores[2];
  out.ece = scores[3];
  for (std::size_t c = 0; c < classes; ++c) {
    const std::size_t first = 4 + 3 * c;
    out.per_class.push_back({std::move(class_names[c]), out.confusion.support(static_cast<int>(c)),
                             scores[first], scores[first + 1], scores[first + 2]});
  }
  return out;
}

}  // namespace mien::metrics
