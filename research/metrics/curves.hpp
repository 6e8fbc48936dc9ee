#pragma once

#include <cstddef>
#include <span>
#include <vector>

// Curves over a threshold. Probabilities are [count, classes], labels [count]; errors as
// calibration.hpp says.
namespace mien::metrics {

/// Samples with a score of at least `threshold` are predicted positive.
struct PrecisionRecallPoint {
  double threshold = 0;
  double precision = 0;
  double recall = 0;
};

/// One class against the rest, by its probability: one point per distinct score, in descending
/// order (recall rises). Empty if the class does not occur.
std::vector<PrecisionRecallPoint> precision_recall_curve(std::span<const float> probabilities,
                                                         std::span<const int> labels, int c);

/// Average precision: the sum of precision times the increase of recall, without interpolation,
/// which would be optimistic (Davis and Goadrich 2006). 0 for an empty curve.
double average_precision(std::span<const PrecisionRecallPoint> curve);

/// A share `coverage` of the images has at least this confidence; a share `risk` of those is wrong.
struct RiskCoveragePoint {
  double confidence = 0;
  double coverage = 0;
  double risk = 0;
};

/// One point per distinct confidence, in descending order (El-Yaniv and Wiener 2010).
std::vector<RiskCoveragePoint> risk_coverage_curve(std::span<const float> probabilities,
                                                   std::span<const int> labels);

/// Area under the risk-coverage curve (Geifman et al. 2019): the mean risk over the coverages 1/n,
/// 2/n, … 1; errors among equal confidences are spread evenly.
double area_under_risk_coverage(std::span<const RiskCoveragePoint> curve, std::size_t count);

/// The point with the largest coverage whose risk is at most `risk`; coverage 0 if there is none.
RiskCoveragePoint coverage_at_risk(std::span<const RiskCoveragePoint> curve, double risk);

}  // namespace mien::metrics
