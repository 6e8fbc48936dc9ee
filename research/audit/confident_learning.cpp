#include "audit/confident_learning.hpp"

#include <algorithm>
#include <cmath>

#include "mien/error.hpp"

namespace mien::audit {

LabelAudit find_label_issues(std::span<const float> probabilities, std::span<const int> labels,
                             int classes) {
  const auto c = static_cast<std::size_t>(std::max(classes, 0));
  if (classes < 2 || probabilities.size() != labels.size() * c)
    throw Error(ErrorCode::kInvalidArgument,
                "the numbers of probabilities and labels do not match");
  if (std::any_of(labels.begin(), labels.end(), [&](int label) { return label >= classes; })) {
    throw Error(ErrorCode::kInvalidArgument, "a label must be less than the number of classes");
  }
  const auto row = [&](std::size_t i) { return probabilities.subspan(i * c, c); };
  const auto counts = [&](std::size_t i) {
    return labels[i] >= 0 &&
           std::all_of(row(i).begin(), row(i).end(), [](float p) { return std::isfinite(p); });
  };
  LabelAudit audit{.thresholds = std::vector<double>(c, 0),
                   .joint = std::vector(c, std::vector<std::size_t>(c, 0)),
                   .doubts = std::vector<float>(labels.size(), -2)};
  std::vector<std::size_t> support(c, 0);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (!counts(i)) continue;
    const auto given = static_cast<std::size_t>(labels[i]);
    audit.thresholds[given] += row(i)[given];
    ++support[given];
  }
  for (std::size_t k = 0; k < c; ++k)
    audit.thresholds[k] =
        support[k] > 0 ? audit.thresholds[k] / static_cast<double>(support[k]) : 2;

  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (!counts(i)) continue;
    const std::span<const float> p = row(i);
    for (int k = 0; k < classes; ++k) {
      if (k != labels[i]) audit.doubts[i] = std::max(audit.doubts[i], p[k] - p[labels[i]]);
    }
    int best = -1;
    for (int k = 0; k < classes; ++k) {
      if (p[k] >= audit.thresholds[k] && (best < 0 || p[k] > p[best])) best = k;
    }
    if (best < 0) continue;
    ++audit.joint[labels[i]][best];
    if (best != labels[i]) audit.issues.push_back({i, labels[i], best, p[best] - p[labels[i]]});
  }
  std::stable_sort(audit.issues.begin(), audit.issues.end(),
                   [](const auto& a, const auto& b) { return a.score > b.score; });

  double wrong = 0, all = 0;
  for (std::size_t given = 0; given < c; ++given) {
    std::size_t sum = 0;
    for (const std::size_t count : audit.joint[given]) sum += count;
    all += static_cast<double>(support[given]);
    if (sum > 0)
      wrong += static_cast<double>(support[given]) *
               static_cast<double>(sum - audit.joint[given][given]) / static_cast<double>(sum);
  }
  audit.noise_share = all > 0 ? wrong / all : 0;
  return audit;
}

}  // namespace mien::audit
