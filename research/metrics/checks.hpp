#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>

#include "base/file.hpp"
#include "mien/error.hpp"

// Checks that the functions of this room share; all throw Error kInvalidArgument.
namespace mien::metrics {

/// `values` is [any number, classes] and finite.
inline void check_rows(std::span<const float> values, int classes) {
  if (classes < 1 || values.size() % static_cast<std::size_t>(classes) != 0) {
    throw Error(ErrorCode::kInvalidArgument,
                base::format("%zu values are not rows of %d classes", values.size(), classes));
  }
  if (!std::all_of(values.begin(), values.end(),
                   [](float value) { return std::isfinite(value); })) {
    throw Error(ErrorCode::kInvalidArgument, "a score of a class is not a finite number");
  }
}

/// `values` is [count, classes] and finite, `labels` is [count], not empty and in range. Returns
/// classes.
inline std::size_t check_labels(std::span<const float> values, std::span<const int> labels) {
  if (labels.empty()) throw Error(ErrorCode::kInvalidArgument, "there is no sample to measure");
  if (values.empty() || values.size() % labels.size() != 0) {
    throw Error(ErrorCode::kInvalidArgument,
                base::format("%zu scores of classes do not go with %zu labels", values.size(),
                             labels.size()));
  }
  const int classes = static_cast<int>(values.size() / labels.size());
  check_rows(values, classes);
  for (const int label : labels) {
    if (label < 0 || label >= classes) {
      throw Error(ErrorCode::kInvalidArgument,
                  base::format("label %d is not among %d classes", label, classes));
    }
  }
  return static_cast<std::size_t>(classes);
}

/// Each value is a probability, with room for rounding.
inline void check_range(std::span<const float> probabilities) {
  for (const float value : probabilities) {
    if (value < 0 || value > 1.0001f) {
      throw Error(ErrorCode::kInvalidArgument,
                  base::format("%g is not a probability", static_cast<double>(value)));
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
