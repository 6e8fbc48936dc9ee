#include "audit/audit.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "audit/flatness.hpp"
#include "base/file.hpp"
#include "mien/error.hpp"

namespace mien::audit {
namespace {

/// Adds the suspects and suggestions of one group of duplicates.
class GroupJudge {
 public:
  GroupJudge(AuditResult& result, const datasets::Dataset& dataset, const AuditOptions& options,
             const std::vector<TwinPair>& pairs)
      : result_(result), dataset_(dataset), options_(options) {
    for (const TwinPair& pair : pairs) {
      twins_[pair.a].push_back({pair.b, pair.exact, pair.correlation});
      twins_[pair.b].push_back({pair.a, pair.exact, pair.correlation});
    }
  }

  void judge(const TwinGroup& group) {
    const std::optional<std::size_t> kept = keeper(group);
    for (const std::size_t i : group.members) {
      if (i == kept) continue;
      const Twin twin = nearest(i, kept);
      const bool drop = dataset_[i].split == datasets::Split::kTraining &&
                        (twin.exact || twin.correlation >= options_.drop_twin);
      result_.suspects.push_back(
          {.index = i,
           .reason = twin.exact ? Reason::kExactDuplicate : Reason::kNearDuplicate,
           .score = twin.correlation,
           .twin = twin.index,
           .label = {},
           .suggestion = drop ? "drop" : "look"});
      if (drop) result_.edits.drop.insert(dataset_[i].row);
    }
  }

 private:
  struct Twin {
    std::size_t index;
    bool exact;
    float correlation;
  };

  /// An equal picture, else the one that stays where they are a pair, else the most alike.
  Twin nearest(std::size_t i, std::optional<std::size_t> kept) const {
    return *std::max_element(twins_.at(i).begin(), twins_.at(i).end(),
                             [&](const Twin& a, const Twin& b) {
                               return std::tuple(a.exact, a.index == kept, a.correlation) <
                                      std::tuple(b.exact, b.index == kept, b.correlation);
                             });
  }

  /// The picture of a group that stays: a test picture, or the first training picture with the
  /// label that most have; none where labels are tied.
  std::optional<std::size_t> keeper(const TwinGroup& group) const {
    std::map<int, std::size_t> votes;
    for (const std::size_t i : group.members) {
      if (dataset_[i].split != datasets::Split::kTraining) return i;
      ++votes[dataset_[i].emotion];
    }
    std::size_t most = 0;
    for (const auto& [label, count] : votes) most = std::max(most, count);
    std::vector<int> winners;
    for (const auto& [label, count] : votes) {
      if (count == most) winners.push_back(label);
    }
    if (winners.size() != 1) return {};
    return *std::find_if(group.members.begin(), group.members.end(),
                         [&](std::size_t i) { return dataset_[i].emotion == winners[0]; });
  }

  AuditResult& result_;
  const datasets::Dataset& dataset_;
  const AuditOptions& options_;
  std::map<std::size_t, std::vector<Twin>> twins_;
};

void find_no_faces(AuditResult& result, const datasets::Dataset& dataset,
                   const AuditOptions& options) {
  for (std::size_t i = 0; i < dataset.size(); ++i) {
    result.flatness.push_back(flatness(dataset[i].pixels));
    if (result.flatness[i] < options.flat) continue;
    const bool drop =
        dataset[i].split == datasets::Split::kTraining && result.flatness[i] >= options.drop_flat;
    result.suspects.push_back({.index = i,
                               .reason = Reason::kNoFace,
                               .score = result.flatness[i],
                               .twin = {},
                               .label = {},
                               .suggestion = drop ? "drop" : "look"});
    if (drop) result.edits.drop.insert(dataset[i].row);
  }
}

void find_wrong_labels(AuditResult& result, const datasets::Dataset& dataset,
                       const datasets::FloatTable& predictions, const AuditOptions& options) {
  if (predictions.rows() != dataset.size()) {
    throw Error(ErrorCode::kInvalidArgument,
                base::format("the predictions are of %zu pictures, the data set has %zu",
                             predictions.rows(), dataset.size()));
  }
  const int classes = static_cast<int>(predictions.columns);
  std::vector<int> labels;
  for (const datasets::Sample& sample : dataset)
    labels.push_back(sample.emotion < classes ? sample.emotion : -1);
  result.labels = find_label_issues(predictions.values, labels, classes);
  for (const LabelIssue& issue : result.labels->issues) {
    const bool replace =
        dataset[issue.index].split == datasets::Split::kTraining && issue.score >= options.relabel;
    result.suspects.push_back({.index = issue.index,
                               .reason = Reason::kWrongLabel,
                               .score = issue.score,
                               .twin = {},
                               .label = issue.suggested,
                               .suggestion = replace ? "relabel" : "look"});
    if (replace && !result.edits.drop.contains(dataset[issue.index].row)) {
      result.edits.relabel[dataset[issue.index].row] = static_cast<Emotion>(issue.suggested);
    }
  }
}

template <class Of>
bool varies(const TwinGroup& group, Of of) {
  return std::any_of(group.members.begin(), group.members.end(),
                     [&](std::size_t i) { return of(i) != of(group.members[0]); });
}

}  // namespace

std::string_view to_string(Reason reason) {
  switch (reason) {
    case Reason::kExactDuplicate:
      return "exact duplicate";
    case Reason::kNearDuplicate:
      return "near duplicate";
    case Reason::kNoFace:
      return "no face";
    case Reason::kWrongLabel:
      return "wrong label";
  }
  return "";
}

bool crosses_splits(const TwinGroup& group, const datasets::Dataset& dataset) {
  return varies(group, [&](std::size_t i) { return dataset[i].split; });
}
bool contradicts(const TwinGroup& group, const datasets::Dataset& dataset) {
  return varies(group, [&](std::size_t i) { return dataset[i].emotion; });
}

AuditResult audit(const datasets::Dataset& dataset, const datasets::FloatTable& features,
                  const datasets::FloatTable& predictions, const AuditOptions& options,
                  const Progress& progress) {
  AuditResult result;
  const std::vector<TwinPair> pairs = find_twins(dataset, features, options.twins, progress);
  for (TwinGroup& group : group_twins(pairs, dataset.size())) {
    result.across_splits += crosses_splits(group, dataset) ? 1 : 0;
    result.contradicting += contradicts(group, dataset) ? 1 : 0;
    (group.exact ? result.exact : result.near).push_back(std::move(group));
  }
  GroupJudge judge(result, dataset, options, pairs);
  for (const TwinGroup& group : result.exact) judge.judge(group);
  for (const TwinGroup& group : result.near) judge.judge(group);
  find_no_faces(result, dataset, options);
  if (predictions.columns > 0) find_wrong_labels(result, dataset, predictions, options);
  std::stable_sort(result.suspects.begin(), result.suspects.end(),
                   [](const auto& a, const auto& b) {
                     return std::tuple(a.reason, -a.score) < std::tuple(b.reason, -b.score);
                   });
  return result;
}

std::string label_name(int label) {
  return label < 0 ? "none" : std::string(to_string(static_cast<Emotion>(label)));
}

std::string suspects_csv(const AuditResult& result, const datasets::Dataset& dataset) {
  std::string out = "row,split,label,reason,score,suggestion\n";
  for (const Suspect& suspect : result.suspects) {
    const datasets::Sample& sample = dataset[suspect.index];
    const std::string of = suspect.twin ? base::format(" of %d", dataset[*suspect.twin].row) : "",
                      to = suspect.label ? " " + label_name(*suspect.label) : "";
    out += base::format("%d,%s,%s,%s%s,%.4f,%s%s\n", sample.row,
                        std::string(datasets::to_string(sample.split)).c_str(),
                        label_name(sample.emotion).c_str(),
                        std::string(to_string(suspect.reason)).c_str(), of.c_str(), suspect.score,
                        suspect.suggestion.c_str(), to.c_str());
  }
  return out;
}

std::string drop_csv(const datasets::DataEdits& edits) {
  std::string out = "row\n";
  for (const std::int32_t row : edits.drop) out += std::to_string(row) + "\n";
  return out;
}

std::string relabel_csv(const datasets::DataEdits& edits) {
  std::string out = "row,emotion\n";
  for (const auto& [row, emotion] : edits.relabel)
    out += std::to_string(row) + "," + std::string(to_string(emotion)) + "\n";
  return out;
}

}  // namespace mien::audit
