#include "audit/sheets.hpp"
#include "audit/vote_check.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

namespace mien::audit {
namespace {

std::size_t count(const AuditResult& result, Reason reason) {
  std::size_t out = 0;
  for (const Suspect& suspect : result.suspects) out += suspect.reason == reason ? 1 : 0;
  return out;
}

std::string check_text(const VoteCheck& check) {
  std::string out = base::format("    %6s  %9s  %6s\n", "first", "precision", "recall");
  for (const PrecisionAtK& at : check.at)
    out += base::format("    %6zu  %8.1f%%  %5.1f%%\n", at.k, 100 * at.precision, 100 * at.recall);
  return out +
         base::format("    (voters mark %.1f%% of %zu images; area under the ROC curve %.3f)\n",
                      100 * check.base_rate(), check.images, check.area);
}

base::Json check_json(const VoteCheck& check) {
  base::Json at = base::Json::array();
  for (const PrecisionAtK& point : check.at) {
    at.push_back({{"k", point.k},
                  {"precision", base::rounded(point.precision, 4)},
                  {"recall", base::rounded(point.recall, 4)}});
  }
  return {{"pictures", check.images},
          {"positives", check.positives},
          {"roc_area", base::rounded(check.area, 4)},
          {"at", std::move(at)}};
}

}  // namespace

std::string to_text(const AuditResult& result, const datasets::Dataset& dataset) {
  std::string out = base::format("%zu images\n\n", dataset.size());
  out += base::format("  identical images       %6zu\n", count(result, Reason::kExactDuplicate));
  out += base::format("  near-duplicates        %6zu\n", count(result, Reason::kNearDuplicate));
  out += base::format("    groups in total     %6zu\n", result.exact.size() + result.near.size());
  out += base::format("    groups across splits %6zu\n    contradicting labels %6zu\n",
                      result.across_splits, result.contradicting);
  out += base::format("  no face                %6zu\n", count(result, Reason::kNoFace));
  if (result.labels)
    out += base::format("  wrong labels           %6zu  (estimated share of wrong labels %.1f%%)\n",
                        count(result, Reason::kWrongLabel), 100 * result.labels->noise_share);
  out += base::format("\n  suggested for training images: drop %zu, relabel %zu\n",
                      result.edits.drop.size(), result.edits.relabel.size());
  if (const VoteCheck faces = check_no_faces(result, dataset); faces.positives > 0) {
    out += "\n  no face: flatness compared with a majority of \"not a face\" votes\n" +
           check_text(faces);
    for (const float min_flatness : {AuditOptions{}.flat, AuditOptions{}.drop_flat}) {
      const PrecisionAtK from = check_flat_from(result, dataset, min_flatness);
      out += base::format("    at least %.2f: %zu images, precision %.1f%%, recall %.1f%%\n",
                          min_flatness, from.k, 100 * from.precision, 100 * from.recall);
    }
  }
  if (const auto labels = check_labels(result, dataset)) {
    out += "\n  labels: doubt compared with a FER+ majority for another emotion\n" +
           check_text(labels->doubts);
    out += base::format(
        "    %zu issues: the majority disagrees with the label in %.1f%%, confirms the suggestion "
        "in %.1f%%\n",
        labels->issues, 100 * labels->wrong, 100 * labels->suggestion);
    out += base::format("    %zu to relabel: in %.1f%% and %.1f%%\n", labels->relabelled,
                        100 * labels->relabelled_wrong, 100 * labels->relabelled_suggestion);
  }
  return out;
}

base::Json to_json(const AuditResult& result, const datasets::Dataset& dataset) {
  base::Json out = {
      {"pictures", dataset.size()},
      {"hash", datasets::dataset_hash(dataset)},
      {"exact_duplicates",
       {{"groups", result.exact.size()}, {"suspects", count(result, Reason::kExactDuplicate)}}},
      {"near_duplicates",
       {{"groups", result.near.size()}, {"suspects", count(result, Reason::kNearDuplicate)}}},
      {"groups_across_splits", result.across_splits},
      {"groups_contradicting", result.contradicting},
      {"no_face", count(result, Reason::kNoFace)}};
  if (result.labels) {
    out["wrong_labels"] = count(result, Reason::kWrongLabel);
    out["noise_share"] = base::rounded(result.labels->noise_share, 4);
  }
  out["drop"] = result.edits.drop.size();
  out["relabel"] = result.edits.relabel.size();
  if (const VoteCheck faces = check_no_faces(result, dataset); faces.positives > 0)
    out["no_face_against_votes"] = check_json(faces);
  if (const auto labels = check_labels(result, dataset)) {
    const auto agreement = [](std::size_t number, double wrong, double suggestion) {
      return base::Json{{"count", number},
                        {"wrong", base::rounded(wrong, 4)},
                        {"suggestion_right", base::rounded(suggestion, 4)}};
    };
    out["labels_against_votes"] = check_json(labels->doubts);
    out["issues_against_votes"] = agreement(labels->issues, labels->wrong, labels->suggestion);
    out["relabelled_against_votes"] =
        agreement(labels->relabelled, labels->relabelled_wrong, labels->relabelled_suggestion);
  }
  return out;
}

}  // namespace mien::audit
