#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace mien::metrics {

/// Counts of (truth, prediction) pairs: rows are the truth, columns the prediction.
class ConfusionMatrix {
 public:
  /// Throws Error kInvalidArgument unless `classes` is 1 to 1000.
  explicit ConfusionMatrix(int classes);

  /// Throws Error kInvalidArgument for a class outside 0..classes-1.
  void add(int truth, int prediction, std::uint64_t count = 1);
  void clear();

  int classes() const { return classes_; }
  std::uint64_t count(int truth, int prediction) const { return counts_[index(truth, prediction)]; }
  std::uint64_t total() const { return total_; }
  std::uint64_t support(int truth) const;         ///< row sum: samples with this label
  std::uint64_t predicted(int prediction) const;  ///< column sum

  // All in 0..1; 0 / 0 (a class never predicted or never present, no samples) is 0.
  double accuracy() const;
  double precision(int c) const;
  double recall(int c) const;
  double f1(int c) const;  ///< 2 hits / (support + predicted)
  /// Mean F1 over the classes that occur as truth or prediction (scikit-learn's default).
  double macro_f1() const;
  /// Mean F1 weighted by support.
  double weighted_f1() const;

 private:
  std::size_t index(int truth, int prediction) const {
    return static_cast<std::size_t>(truth) * static_cast<std::size_t>(classes_) +
           static_cast<std::size_t>(prediction);
  }

  int classes_;
  std::uint64_t total_ = 0;
  std::vector<std::uint64_t> counts_;  // [classes, classes]
};

}  // namespace mien::metrics
