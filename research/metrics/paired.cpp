#include "metrics/paired.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "base/file.hpp"
#include "metrics/bootstrap.hpp"
#include "metrics/confusion.hpp"
#include "mien/error.hpp"

namespace mien::metrics {
namespace {

/// Probability of k heads in n throws of a fair coin.
double fair_binomial(double k, double n) {
  return std::exp(std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1) -
                  n * std::numbers::ln2);
}

/// In points, to a tenth; never -0.
double rounded(double difference) { return std::round(1000 * difference) / 10 + 0.0; }

/// "2.1 points (1.0 to 3.3)": the size of a difference, positive.
std::string interval(const Score& score) {
  const double sign = score.value < 0 ? -1 : 1;
  const auto [low, high] = std::minmax({sign * score.low, sign * score.high});
  return base::format("%.1f points (%.1f to %.1f)", rounded(score.value * sign), rounded(low),
                      rounded(high));
}

}  // namespace

McNemar mcnemar(std::uint64_t only_first, std::uint64_t only_second) {
  const auto n = static_cast<double>(only_first + only_second);
  const auto smaller = static_cast<double>(std::min(only_first, only_second));
  double tail = 0;
  for (double k = 0; k <= smaller; ++k) tail += fair_binomial(k, n);
  return {only_first, only_second, std::min(1.0, 2 * tail),
          std::min(1.0, 2 * tail - fair_binomial(smaller, n))};
}

PairedComparison compare_paired(std::span<const int> first, std::span<const int> second,
                                std::span<const int> labels, int classes,
                                const ReportOptions& options) {
  if (labels.empty() || first.size() != labels.size() || second.size() != labels.size()) {
    throw Error(ErrorCode::kInvalidArgument,
                base::format("%zu and %zu predictions for %zu labels; the numbers must be equal",
                             first.size(), second.size(), labels.size()));
  }
  PairedComparison out{.count = labels.size()};
  ConfusionMatrix one(classes), other(classes);
  std::uint64_t only_first = 0, only_second = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    one.add(labels[i], first[i]);
    other.add(labels[i], second[i]);
    only_first += first[i] == labels[i] && second[i] != labels[i] ? 1 : 0;
    only_second += first[i] != labels[i] && second[i] == labels[i] ? 1 : 0;
  }
  out.test = mcnemar(only_first, only_second);
  const double accuracy = one.accuracy() - other.accuracy(),
               macro_f1 = one.macro_f1() - other.macro_f1();
  std::vector<double> accuracies, macro_f1s;
  Resampler resampler(options.seed, labels.size(), options.groups);
  for (int round = 0; round < options.bootstrap_rounds; ++round) {
    one.clear();
    other.clear();
    resampler.draw([&](std::size_t i) {
      one.add(labels[i], first[i]);
      other.add(labels[i], second[i]);
    });
    accuracies.push_back(one.accuracy() - other.accuracy());
    macro_f1s.push_back(one.macro_f1() - other.macro_f1());
  }
  out.accuracy = percentile_score(accuracy, std::move(accuracies));
  out.macro_f1 = percentile_score(macro_f1, std::move(macro_f1s));
  return out;
}

std::string p_text(double p) { return p < 0.001 ? "p < 0.001" : base::format("p = %.3f", p); }

std::string in_words(const PairedComparison& c, const std::string& first,
                     const std::string& second) {
  const McNemar& test = c.test;
  if (test.only_first + test.only_second == 0)
    return first + " and " + second + " are correct on the same images.";
  if (test.only_first == test.only_second) {
    return base::format(
        "%s and %s are equally accurate; each is correct on %llu images that the other gets wrong.",
        first.c_str(), second.c_str(), static_cast<unsigned long long>(test.only_first));
  }
  const bool first_leads = c.accuracy.value >= 0;
  const std::string& better = first_leads ? first : second;
  const std::string& worse = first_leads ? second : first;
  const auto gains =
      static_cast<unsigned long long>(first_leads ? test.only_first : test.only_second);
  const auto losses =
      static_cast<unsigned long long>(first_leads ? test.only_second : test.only_first);
  const std::string counts = base::format(
      "%llu images are correct only with the first, %llu only with the second, McNemar %s", gains,
      losses, p_text(test.mid_p).c_str());
  std::string out = c.accuracy_differs()
                        ? better + " is more accurate than " + worse + ", by " +
                              interval(c.accuracy) + "; the difference is significant: " + counts +
                              "."
                        : "The difference in accuracy between " + first + " and " + second +
                              " is not significant: " + better + " leads by " +
                              interval(c.accuracy) + "; " + counts + ".";
  const bool first_leads_f1 = c.macro_f1.value >= 0;
  out += " In macro F1, " + (first_leads_f1 ? first : second) + " leads by " +
         interval(c.macro_f1) +
         (c.macro_f1_differs() ? "; the difference is significant."
                               : "; the difference is not significant.");
  return out;
}

}  // namespace mien::metrics
