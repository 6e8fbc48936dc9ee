#include "metrics/confusion.hpp"

#include <algorithm>

#include "base/file.hpp"
#include "mien/error.hpp"

namespace mien::metrics {
namespace {

double ratio(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

ConfusionMatrix::ConfusionMatrix(int classes) : classes_(classes) {
  if (classes < 1 || classes > 1000) {
    throw Error(
        ErrorCode::kInvalidArgument,
        base::format("the number of classes is %d; it must be between 1 and 1000", classes));
  }
  counts_.resize(static_cast<std::size_t>(classes) * static_cast<std::size_t>(classes));
}

void ConfusionMatrix::add(int truth, int prediction, std::uint64_t count) {
  if (truth < 0 || truth >= classes_ || prediction < 0 || prediction >= classes_) {
    throw Error(
        ErrorCode::kInvalidArgument,
        base::format("truth %d and prediction %d must be less than the number of classes, %d",
                     truth, prediction, classes_));
  }
  counts_[index(truth, prediction)] += count;
  total_ += count;
}

void ConfusionMatrix::clear() {
  std::fill(counts_.begin(), counts_.end(), 0);
  total_ = 0;
}

std::uint64_t ConfusionMatrix::support(int truth) const {
  std::uint64_t sum = 0;
  for (int c = 0; c < classes_; ++c) sum += count(truth, c);
  return sum;
}

std::uint64_t ConfusionMatrix::predicted(int prediction) const {
  std::uint64_t sum = 0;
  for (int c = 0; c < classes_; ++c) sum += count(c, prediction);
  return sum;
}

double ConfusionMatrix::accuracy() const {
  std::uint64_t hits = 0;
  for (int c = 0; c < classes_; ++c) hits += count(c, c);
  return ratio(hits, total_);
}

double ConfusionMatrix::precision(int c) const { return ratio(count(c, c), predicted(c)); }

double ConfusionMatrix::recall(int c) const { return ratio(count(c, c), support(c)); }

double ConfusionMatrix::f1(int c) const {
  return ratio(2 * count(c, c), support(c) + predicted(c));
}

double ConfusionMatrix::macro_f1() const {
  double sum = 0;
  int present = 0;
  for (int c = 0; c < classes_; ++c) {
    if (support(c) + predicted(c) == 0) continue;
    sum += f1(c);
    ++present;
  }
  return present == 0 ? 0 : sum / present;
}

double ConfusionMatrix::weighted_f1() const {
  double sum = 0;
  for (int c = 0; c < classes_; ++c) sum += f1(c) * static_cast<double>(support(c));
  return total_ == 0 ? 0 : sum / static_cast<double>(total_);
}

}  // namespace mien::metrics
