#include "metrics/compare.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/file.hpp"
#include "mien/error.hpp"

namespace mien::metrics {
namespace {

/// Probability of `hits` heads in `count` throws of a fair coin.
double coin_probability(std::size_t hits, std::size_t count) {
  const auto n = static_cast<double>(count);
  const auto k = static_cast<double>(hits);
  return std::exp(std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1) - n * std::numbers::ln2);
}

}  // namespace

McNemarResult mcnemar_test(std::span<const int> first, std::span<const int> second,
                           std::span<const int> labels) {
  if (first.size() != labels.size() || second.size() != labels.size()) {
    throw Error(ErrorCode::kInvalidArgument,
                format("%zu and %zu predictions for %zu labels", first.size(), second.size(), labels.size()));
  }
  McNemarResult out;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const bool first_right = first[i] == labels[i];
    const bool second_right = second[i] == labels[i];
    if (first_right && !second_right) ++out.only_first;
    if (second_right && !first_right) ++out.only_second;
  }
  const std::size_t count = out.only_first + out.only_second;
  const std::size_t fewer = std::min(out.only_first, out.only_second);
  double tail = 0;
  for (std::size_t k = 0; k <= fewer; ++k) tail += coin_probability(k, count);
  out.exact_p = std::min(1.0, 2 * tail);
  out.mid_p = std::min(1.0, 2 * tail - coin_probability(fewer, count));
  return out;
}

}  // namespace mien::metrics
