#include "metrics/bootstrap.hpp"

#include <cmath>
#include <map>
#include <numeric>

#include "base/file.hpp"
#include "mien/error.hpp"

namespace mien::metrics {
namespace {

/// The q-quantile, linearly interpolated.
double quantile(const std::vector<double>& sorted, double q) {
  const double position = q * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (position - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

}  // namespace

Resampler::Resampler(std::uint64_t seed, std::size_t count, std::span<const int> groups)
    : random_(seed) {
  if (!groups.empty() && groups.size() != count) {
    throw Error(ErrorCode::kInvalidArgument,
                base::format("%zu group numbers for %zu samples", groups.size(), count));
  }
  std::map<int, std::size_t> place;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at =
        groups.empty() ? i : place.emplace(groups[i], place.size()).first->second;
    if (at == members_.size()) members_.emplace_back();
    members_[at].push_back(i);
  }
}

Score percentile_score(double value, std::vector<double> rounds) {
  if (rounds.empty()) return {value, value, value};
  std::erase_if(rounds, [](double round) { return std::isnan(round); });
  if (rounds.empty()) return {value, 0, 1};
  std::sort(rounds.begin(), rounds.end());
  const double excess =
      std::accumulate(rounds.begin(), rounds.end(), 0.0) / static_cast<double>(rounds.size()) -
      value;
  return {value, quantile(rounds, 0.025) - excess, quantile(rounds, 0.975) - excess};
}

}  // namespace mien::metrics
