#include "metrics/slices.hpp"

#include <algorithm>
#include <map>
#include <random>
#include <utility>

#include "base/file.hpp"
#include "mien/error.hpp"

namespace mien::metrics {
namespace {

/// The images of one class.
struct Stratum {
  std::vector<int> part;
  std::vector<char> hit;
};

/// Squared difference of hits and expected hits, divided by the count, summed over the slices.
double spread(const std::vector<double>& hits, const std::vector<double>& expected,
              const std::vector<std::uint64_t>& counts) {
  double sum = 0;
  for (std::size_t i = 0; i < hits.size(); ++i) {
    if (counts[i] > 0)
      sum += (hits[i] - expected[i]) * (hits[i] - expected[i]) / static_cast<double>(counts[i]);
  }
  return sum;
}

std::vector<double> count_hits(const std::map<int, Stratum>& strata, std::size_t parts) {
  std::vector<double> hits(parts);
  for (const auto& [label, stratum] : strata) {
    for (std::size_t i = 0; i < stratum.part.size(); ++i)
      hits[static_cast<std::size_t>(stratum.part[i])] += stratum.hit[i];
  }
  return hits;
}

}  // namespace

Slicing slice_accuracy(std::string name, std::span<const int> part, std::vector<std::string> names,
                       std::span<const int> predictions, std::span<const int> labels,
                       int permutations, std::uint64_t seed) {
  if (part.size() != labels.size() || predictions.size() != labels.size()) {
    throw Error(
        ErrorCode::kInvalidArgument,
        base::format(
            "%zu slice numbers and %zu predictions for %zu labels; the numbers must be equal",
            part.size(), predictions.size(), labels.size()));
  }
  std::map<int, Stratum> strata;
  std::vector<std::uint64_t> counts(names.size());
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (part[i] < 0) continue;
    if (static_cast<std::size_t>(part[i]) >= names.size()) {
      throw Error(ErrorCode::kInvalidArgument,
                  base::format("slice number %d must be less than the number of slices, %zu",
                               part[i], names.size()));
    }
    ++counts[static_cast<std::size_t>(part[i])];
    strata[labels[i]].part.push_back(part[i]);
    strata[labels[i]].hit.push_back(predictions[i] == labels[i] ? 1 : 0);
  }
  std::vector<double> expected(names.size());
  for (const auto& [label, stratum] : strata) {
    const auto hits = static_cast<double>(std::count(stratum.hit.begin(), stratum.hit.end(), 1));
    for (const int p : stratum.part)
      expected[static_cast<std::size_t>(p)] += hits / static_cast<double>(stratum.hit.size());
  }
  const std::vector<double> hits = count_hits(strata, names.size());
  Slicing out{.name = std::move(name)};
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (counts[i] == 0) continue;
    out.slices.push_back({std::move(names[i]), counts[i],
                          wilson_score(static_cast<std::uint64_t>(hits[i]), counts[i]),
                          expected[i] / static_cast<double>(counts[i])});
  }
  if (out.slices.size() < 2 || permutations <= 0) return out;

  const double found = spread(hits, expected, counts);
  std::mt19937_64 random(seed);
  int as_large = 0;
  for (int round = 0; round < permutations; ++round) {
    for (auto& [label, stratum] : strata) {
      for (std::size_t i = stratum.hit.size(); i > 1; --i)
        std::swap(stratum.hit[i - 1], stratum.hit[((random() >> 32) * i) >> 32]);
    }
    as_large += spread(count_hits(strata, names.size()), expected, counts) >= found - 1e-9 ? 1 : 0;
  }
  out.p =
      (as_large + 1.0) /
      (permutations + 1.0);  // the observed order counts as a permutation (Phipson and Smyth 2010)
  return out;
}

}  // namespace mien::metrics
