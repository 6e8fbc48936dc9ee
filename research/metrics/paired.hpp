#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "metrics/report.hpp"

// Two models on the same pictures: is the difference more than noise?
namespace mien::metrics {

/// McNemar's test of the pictures that only one of two models gets right.
struct McNemar {
  std::uint64_t only_first = 0;
  std::uint64_t only_second = 0;
  double exact_p =
      1;  ///< two-sided, of the binomial distribution; keeps its level, but rejects too seldom
  double mid_p = 1;  ///< less than exact_p by half of each tail's outermost probability (Fagerland,
                     ///< Lydersen, Laake 2013)
};
McNemar mcnemar(std::uint64_t only_first, std::uint64_t only_second);

/// First minus second.
struct PairedComparison {
  std::uint64_t count = 0;
  Score accuracy;  ///< the difference and its interval, of a bootstrap over the pictures that keeps
                   ///< the pairs together
  Score macro_f1;
  McNemar test;

  /// Both McNemar's test and the bootstrap say so.
  bool accuracy_differs() const {
    return test.mid_p < 0.05 && (accuracy.low > 0 || accuracy.high < 0);
  }
  bool macro_f1_differs() const { return macro_f1.low > 0 || macro_f1.high < 0; }
};

/// Predictions and labels [count] with values 0..classes-1. Throws Error kInvalidArgument where
/// sizes or values do not fit.
PairedComparison compare_paired(std::span<const int> first, std::span<const int> second,
                                std::span<const int> labels, int classes,
                                const ReportOptions& options = {});

/// "p = 0.042", "p < 0.001".
std::string p_text(double p);

/// The comparison in a sentence or two for people.
std::string in_words(const PairedComparison& comparison, const std::string& first,
                     const std::string& second);

}  // namespace mien::metrics
