#include "metrics/curves.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "base/file.hpp"
#include "metrics/calibration.hpp"
#include "metrics/checks.hpp"

namespace mien::metrics {
namespace {

struct Scored {
  double score;
  bool hit;
};

/// Visits the samples by descending score; calls step(score, taken, hits) after each group of equal
/// scores.
template <class Step>
void walk(std::vector<Scored> samples, Step step) {
  std::stable_sort(samples.begin(), samples.end(),
                   [](const Scored& a, const Scored& b) { return a.score > b.score; });
  std::size_t hits = 0;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    hits += samples[i].hit ? 1 : 0;
    if (i + 1 == samples.size() || samples[i + 1].score != samples[i].score)
      step(samples[i].score, i + 1, hits);
  }
}

double share(std::size_t part, std::size_t whole) {
  return static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

std::vector<PrecisionRecallPoint> precision_recall_curve(std::span<const float> probabilities,
                                                         std::span<const int> labels, int c) {
  const std::size_t classes = check_probabilities(probabilities, labels);
  if (c < 0 || static_cast<std::size_t>(c) >= classes) {
    throw Error(ErrorCode::kInvalidArgument,
                base::format("class %d must be less than the number of classes, %zu", c, classes));
  }
  const auto positives = static_cast<std::size_t>(std::count(labels.begin(), labels.end(), c));
  if (positives == 0) return {};
  std::vector<Scored> samples;
  for (std::size_t i = 0; i < labels.size(); ++i)
    samples.push_back({probabilities[i * classes + static_cast<std::size_t>(c)], labels[i] == c});
  std::vector<PrecisionRecallPoint> curve;
  walk(std::move(samples), [&](double score, std::size_t taken, std::size_t hits) {
    curve.push_back({score, share(hits, taken), share(hits, positives)});
  });
  return curve;
}

double average_precision(std::span<const PrecisionRecallPoint> curve) {
  double sum = 0, recall = 0;
  for (const PrecisionRecallPoint& point : curve) {
    sum += (point.recall - recall) * point.precision;
    recall = point.recall;
  }
  return sum;
}

std::vector<RiskCoveragePoint> risk_coverage_curve(std::span<const float> probabilities,
                                                   std::span<const int> labels) {
  const std::size_t classes = check_probabilities(probabilities, labels);
  const std::vector<int> guesses = predictions(probabilities, static_cast<int>(classes));
  std::vector<Scored> samples;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    samples.push_back({probabilities[i * classes + static_cast<std::size_t>(guesses[i])],
                       guesses[i] == labels[i]});
  }
  std::vector<RiskCoveragePoint> curve;
  walk(std::move(samples), [&](double score, std::size_t taken, std::size_t hits) {
    curve.push_back({score, share(taken, labels.size()), share(taken - hits, taken)});
  });
  return curve;
}

double area_under_risk_coverage(std::span<const RiskCoveragePoint> curve, std::size_t count) {
  const auto n = static_cast<double>(count);
  double sum = 0, wrong = 0, taken = 0;
  for (const RiskCoveragePoint& point : curve) {
    const double to = std::round(point.coverage * n), wrong_then = point.risk * to;
    const double slope = (wrong_then - wrong) / (to - taken);
    for (double k = taken + 1; k <= to; ++k) sum += (wrong + slope * (k - taken)) / k;
    taken = to;
    wrong = wrong_then;
  }
  return sum / n;
}

RiskCoveragePoint coverage_at_risk(std::span<const RiskCoveragePoint> curve, double risk) {
  for (auto point = curve.rbegin(); point != curve.rend(); ++point) {
    if (point->risk <= risk) return *point;
  }
  return {1, 0, 0};
}

}  // namespace mien::metrics
