#include "audit/vote_check.hpp"

#include <algorithm>
#include <numeric>

#include "metrics/ferplus.hpp"

namespace mien::audit {
namespace {

struct Scored {
  float score;
  bool positive;
};

VoteCheck check(std::vector<Scored> images) {
  VoteCheck out{.images = images.size()};
  std::stable_sort(images.begin(), images.end(),
                   [](const auto& a, const auto& b) { return a.score > b.score; });
  for (const Scored& image : images) out.positives += image.positive ? 1 : 0;
  std::size_t found = 0, next = 0;
  constexpr std::size_t kSteps[] = {50, 100, 200, 500, 1000, 2000, 5000};
  // Pairs with the positive ranked above the negative; ties count half.
  double ordered = 0;
  for (std::size_t first = 0; first < images.size();) {
    std::size_t end = first, positives = 0;
    while (end < images.size() && images[end].score == images[first].score)
      positives += images[end++].positive ? 1 : 0;
    const double negatives = static_cast<double>(end - first - positives);
    ordered += negatives * (static_cast<double>(found) + static_cast<double>(positives) / 2);
    for (std::size_t i = first; i < end; ++i) {
      found += images[i].positive ? 1 : 0;
      if (next < std::size(kSteps) && i + 1 == kSteps[next]) {
        out.at.push_back({kSteps[next++], static_cast<double>(found) / static_cast<double>(i + 1),
                          out.positives > 0
                              ? static_cast<double>(found) / static_cast<double>(out.positives)
                              : 0});
      }
    }
    first = end;
  }
  const double pairs =
      static_cast<double>(out.positives) * static_cast<double>(out.images - out.positives);
  out.area = pairs > 0 ? ordered / pairs : 0;
  return out;
}

bool is_no_face(const datasets::Sample& sample) {
  const int votes = std::accumulate(sample.votes.begin(), sample.votes.end(), 0);
  return 2 * sample.votes[static_cast<std::size_t>(datasets::Vote::kNotAFace)] > votes;
}

}  // namespace

VoteCheck check_no_faces(const AuditResult& result, const datasets::Dataset& dataset) {
  std::vector<Scored> images;
  for (std::size_t i = 0; i < dataset.size(); ++i) {
    if (dataset[i].has_votes()) images.push_back({result.flatness[i], is_no_face(dataset[i])});
  }
  return check(std::move(images));
}

PrecisionAtK check_flat_from(const AuditResult& result, const datasets::Dataset& dataset,
                             float min_flatness) {
  std::size_t flat = 0, hits = 0, all = 0;
  for (std::size_t i = 0; i < dataset.size(); ++i) {
    if (!dataset[i].has_votes()) continue;
    const bool none = is_no_face(dataset[i]), is_flat = result.flatness[i] >= min_flatness;
    all += none ? 1 : 0;
    flat += is_flat ? 1 : 0;
    hits += none && is_flat ? 1 : 0;
  }
  const auto share = [&](std::size_t of) {
    return of > 0 ? static_cast<double>(hits) / static_cast<double>(of) : 0;
  };
  return {flat, share(flat), share(all)};
}

std::optional<LabelCheck> check_labels(const AuditResult& result,
                                       const datasets::Dataset& dataset) {
  if (!result.labels) return {};
  std::vector<std::optional<Emotion>> majority(dataset.size());
  std::vector<Scored> images;
  for (std::size_t i = 0; i < dataset.size(); ++i) {
    if (dataset[i].has_votes()) majority[i] = metrics::ferplus_majority(dataset[i].votes);
    if (majority[i] && result.labels->doubts[i] > -2)
      images.push_back(
          {result.labels->doubts[i], static_cast<int>(*majority[i]) != dataset[i].emotion});
  }
  if (images.empty()) return {};
  LabelCheck out{.doubts = check(std::move(images))};
  for (const LabelIssue& issue : result.labels->issues) {
    if (!majority[issue.index]) continue;
    const bool wrong = static_cast<int>(*majority[issue.index]) != issue.given,
               right = static_cast<int>(*majority[issue.index]) == issue.suggested;
    ++out.issues;
    out.wrong += wrong;
    out.suggestion += right;
    if (!result.edits.relabel.contains(dataset[issue.index].row)) continue;
    ++out.relabelled;
    out.relabelled_wrong += wrong;
    out.relabelled_suggestion += right;
  }
  const auto divide = [](double& sum, std::size_t count) {
    sum = count > 0 ? sum / static_cast<double>(count) : 0;
  };
  divide(out.wrong, out.issues);
  divide(out.suggestion, out.issues);
  divide(out.relabelled_wrong, out.relabelled);
  divide(out.relabelled_suggestion, out.relabelled);
  return out;
}

}  // namespace mien::audit
