#include "metrics/bootstrap.hpp"

#include <numeric>

namespace mien::metrics {
namespace {

/// The value below which a share `q` of the sorted values lies, between two of them linearly.
double quantile(const std::vector<double>& sorted, double q) {
  const double position = q * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (position - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

}  // namespace

Score percentile_score(double value, std::vector<double> rounds) {
  if (rounds.empty()) return {value, value, value};
  std::sort(rounds.begin(), rounds.end());
  const double excess = std::accumulate(rounds.begin(), rounds.end(), 0.0) / static_cast<double>(rounds.size()) - value;
  return {value, quantile(rounds, 0.025) - excess, quantile(rounds, 0.975) - excess};
}

}  // namespace mien::metrics
