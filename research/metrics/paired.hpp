#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "metrics/report.hpp"

// Comparison of two models on the same images.
namespace mien::metrics {

/// McNemar's test on the images that only one of two models predicts correctly.
struct McNemar {
  std::uint64_t only_first = 0;
  std::uint64_t only_second = 0;
  double exact_p = 1;  ///< two-sided, exact binomial; conservative
  double mid_p = 1;    ///< mid-p variant (Fagerland, Lydersen, Laake 2013)
};
McNemar mcnemar(std::uint64_t only_first, std::uint64_t only_second);

/// First minus second.
struct PairedComparison {
  std::uint64_t count = 0;
  Score accuracy;  ///< difference and interval, by a paired bootstrap over the images
  Score macro_f1;
  McNemar test;

  /// Whether both McNemar's test and the bootstrap find a difference.
  bool accuracy_differs() const {
    return test.mid_p < 0.05 && (accuracy.low > 0 || accuracy.high < 0);
  }
  bool macro_f1_differs() const { return macro_f1.low > 0 || macro_f1.high < 0; }
};

/// Predictions and labels [count] with values 0..classes-1. Throws Error kInvalidArgument for sizes
/// that differ or values out of range.
PairedComparison compare_paired(std::span<const int> first, std::span<const int> second,
                                std::span<const int> labels, int classes,
                                const ReportOptions& options = {});

/// "p = 0.042", "p < 0.001".
std::string p_text(double p);

/// The comparison in one or two sentences.
std::string in_words(const PairedComparison& comparison, const std::string& first,
                     const std::string& second);

}  // namespace mien::metrics
