#pragma once

#include <cstddef>
#include <span>
#include <vector>

// Curves over a threshold. Probabilities are [count, classes], labels [count]; errors as
// calibration.hpp says.
namespace mien::metrics {

/// Who counts as positive has a score of at least `threshold`.
struct PrecisionRecallPoint {
  double threshold = 0;
  double precision = 0;
  double recall = 0;
};

/// One class against the rest, its probability as the score: a point for each distinct score, from
/// the largest on, so that recall rises. Empty where the class never occurs.
std::vector<PrecisionRecallPoint> precision_recall_curve(std::span<const float> probabilities,
                                                         std::span<const int> labels, int c);

/// The area below the curve as a sum of steps, precision weighted by the rise of recall: no
/// interpolation, which would flatter (Davis and Goadrich 2006). 0 for an empty curve.
double average_precision(std::span<const PrecisionRecallPoint> curve);

/// Of the share `coverage` of the pictures whose confidence is at least `confidence`, the share
/// `risk` is wrong.
struct RiskCoveragePoint {
  double confidence = 0;
  double coverage = 0;
  double risk = 0;
};

/// A point for each distinct confidence (largest probability), from the largest on (El-Yaniv and
/// Wiener 2010).
std::vector<RiskCoveragePoint> risk_coverage_curve(std::span<const float> probabilities,
                                                   std::span<const int> labels);

/// Area under the risk-coverage curve (Geifman et al. 2019): the mean risk over the coverages 1/n,
/// 2/n, … 1, where the mistakes among equal confidences count as spread evenly.
double area_under_risk_coverage(std::span<const RiskCoveragePoint> curve, std::size_t count);

/// The largest coverage whose risk is at most `risk`, and its point; coverage 0 where there is
/// none.
RiskCoveragePoint coverage_at_risk(std::span<const RiskCoveragePoint> curve, double risk);

}  // namespace mien::metrics
