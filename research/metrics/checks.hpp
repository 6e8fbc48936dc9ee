#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>

#include "base/file.hpp"
#include "mien/error.hpp"

// Argument checks of this module; all throw Error kInvalidArgument.
namespace mien::metrics {

/// `values` is [any number, classes] and finite.
inline void check_rows(std::span<const float> values, int classes) {
  if (classes < 1 || values.size() % static_cast<std::size_t>(classes) != 0) {
    throw Error(
        ErrorCode::kInvalidArgument,
        base::format("%zu values cannot be split into rows of %d classes", values.size(), classes));
  }
  if (!std::all_of(values.begin(), values.end(),
                   [](float value) { return std::isfinite(value); })) {
    throw Error(ErrorCode::kInvalidArgument, "a class score is not finite");
  }
}

/// `values` is [count, classes] and finite, `labels` is [count], not empty and in range. Returns
/// classes.
inline std::size_t check_labels(std::span<const float> values, std::span<const int> labels) {
  if (labels.empty()) throw Error(ErrorCode::kInvalidArgument, "no samples to measure");
  if (values.empty() || values.size() % labels.size() != 0) {
    throw Error(
        ErrorCode::kInvalidArgument,
        base::format("%zu class scores for %zu labels; the number of scores must be a multiple",
                     values.size(), labels.size()));
  }
  const int classes = static_cast<int>(values.size() / labels.size());
  check_rows(values, classes);
  for (const int label : labels) {
    if (label < 0 || label >= classes) {
      throw Error(ErrorCode::kInvalidArgument,
                  base::format("label %d must be between 0 and %d", label, classes - 1));
    }
  }
  return static_cast<std::size_t>(classes);
}

/// Each value is a probability, with tolerance for rounding.
inline void check_range(std::span<const float> probabilities) {
  for (const float value : probabilities) {
    if (value < 0 || value > 1.0001f) {
      throw Error(
          ErrorCode::kInvalidArgument,
          base::format("probability %g must be between 0 and 1", static_cast<double>(value)));
    }
  }
}

/// check_labels and check_range together.
inline std::size_t check_probabilities(std::span<const float> probabilities,
                                       std::span<const int> labels) {
  const std::size_t classes = check_labels(probabilities, labels);
  check_range(probabilities);
  return classes;
}

}  // namespace mien::metrics
