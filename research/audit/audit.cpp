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

/// Adds the suspects and suggestions of each group of duplicates.
class GroupJudge {
 public:
  GroupJudge(AuditResult& result, const datasets::Dataset& dataset, const AuditOptions& options,
             const std::vector<DuplicatePair>& pairs)
      : result_(result), dataset_(dataset), options_(options) {
    for (const DuplicatePair& pair : pairs) {
      duplicates_[pair.a].push_back({pair.b, pair.exact, pair.correlation});
      duplicates_[pair.b].push_back({pair.a, pair.exact, pair.correlation});
    }
  }

  void judge(const DuplicateGroup& group) {
    const std::optional<std::size_t> kept = keeper(group);
    for (const std::size_t i : group.members) {
      if (i == kept) continue;
      const Duplicate duplicate = nearest(i, kept);
      const bool drop = dataset_[i].split == datasets::Split::kTraining &&
                        (duplicate.exact || duplicate.correlation >= options_.drop_duplicate);
      result_.suspects.push_back(
          {.index = i,
           .reason = duplicate.exact ? Reason::kExactDuplicate : Reason::kNearDuplicate,
           .score = duplicate.correlation,
           .duplicate = duplicate.index,
           .label = {},
           .suggestion = drop ? "drop" : "look"});
      if (drop) result_.edits.drop.insert(dataset_[i].row);
    }
  }

 private:
  struct Duplicate {
    std::size_t index;
    bool exact;
    float correlation;
  };

  /// An identical image, else the kept one if they are a pair, else the most similar one.
  Duplicate nearest(std::size_t i, std::optional<std::size_t> kept) const {
    return *std::max_element(duplicates_.at(i).begin(), duplicates_.at(i).end(),
                             [&](const Duplicate& a, const Duplicate& b) {
                               return std::tuple(a.exact, a.index == kept, a.correlation) <
                                      std::tuple(b.exact, b.index == kept, b.correlation);
                             });
  }

  /// The image of a group to keep: a test image, else the first training image with the most
  /// frequent label; none if labels are tied.
  std::optional<std::size_t> keeper(const DuplicateGroup& group) const {
    std::map<int, std::size_t> votes;
    for (const std::size_t i : group.members) {
      if (dataset_[i].split != datasets::Split::kTraining) return i;
      ++votes[dataset_[i].emotion];
    }
    std::size_t max = 0;
    for (const auto& [label, count] : votes) max = std::max(max, count);
    std::vector<int> winners;
    for (const auto& [label, count] : votes) {
      if (count == max) winners.push_back(label);
    }
    if (winners.size() != 1) return {};
    return *std::find_if(group.members.begin(), group.members.end(),
                         [&](std::size_t i) { return dataset_[i].emotion == winners[0]; });
  }

  AuditResult& result_;
  const datasets::Dataset& dataset_;
  const AuditOptions& options_;
  std::map<std::size_t, std::vector<Duplicate>> duplicates_;
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
                               .duplicate = {},
                               .label = {},
                               .suggestion = drop ? "drop" : "look"});
    if (drop) result.edits.drop.insert(dataset[i].row);
  }
}

void find_wrong_labels(AuditResult& result, const datasets::Dataset& dataset,
                       const datasets::FloatTable& predictions, const AuditOptions& options) {
  if (predictions.rows() != dataset.size()) {
    throw Error(ErrorCode::kInvalidArgument,
                base::format("the predictions have %zu rows, the data set has %zu images",
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
                               .duplicate = {},
                               .label = issue.suggested,
                               .suggestion = replace ? "relabel" : "look"});
    if (replace && !result.edits.drop.contains(dataset[issue.index].row)) {
      result.edits.relabel[dataset[issue.index].row] = static_cast<Emotion>(issue.suggested);
    }
  }
}

template <class Of>
bool varies(const DuplicateGroup& group, Of of) {
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

bool crosses_splits(const DuplicateGroup& group, const datasets::Dataset& dataset) {
  return varies(group, [&](std::size_t i) { return dataset[i].split; });
}
bool contradicts(const DuplicateGroup& group, const datasets::Dataset& dataset) {
  return varies(group, [&](std::size_t i) { return dataset[i].emotion; });
}

AuditResult audit(const datasets::Dataset& dataset, const datasets::FloatTable& features,
                  const datasets::FloatTable& predictions, const AuditOptions& options,
                  const Progress& progress) {
  AuditResult result;
  const std::vector<DuplicatePair> pairs =
      find_duplicates(dataset, features, options.duplicates, progress);
  for (DuplicateGroup& group : group_duplicates(pairs, dataset.size())) {
    result.across_splits += crosses_splits(group, dataset) ? 1 : 0;
    result.contradicting += contradicts(group, dataset) ? 1 : 0;
    (group.exact ? result.exact : result.near).push_back(std::move(group));
  }
  GroupJudge judge(result, dataset, options, pairs);
  for (const DuplicateGroup& group : result.exact) judge.judge(group);
  for (const DuplicateGroup& group : result.near) judge.judge(group);
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
    const std::string of = suspect.duplicate
                               ? base::format(" of %d", dataset[*suspect.duplicate].row)
                               : "",
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
