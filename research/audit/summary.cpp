#include "audit/sheets.hpp"
#include "audit/vote_check.hpp"
#include "base/file.hpp"

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

std::string check_json(const VoteCheck& check) {
  std::string out =
      base::format("{\"pictures\": %zu, \"positives\": %zu, \"roc_area\": %.4f, \"at\": [",
                   check.images, check.positives, check.area);
  for (const PrecisionAtK& at : check.at)
    out += base::format("%s{\"k\": %zu, \"precision\": %.4f, \"recall\": %.4f}",
                        &at == &check.at[0] ? "" : ", ", at.k, at.precision, at.recall);
  return out + "]}";
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
    out += "\n  no face: flatness against \"not a face\" by most of FER+'s voters\n" +
           check_text(faces);
    for (const float min_flatness : {AuditOptions{}.flat, AuditOptions{}.drop_flat}) {
      const PrecisionAtK from = check_flat_from(result, dataset, min_flatness);
      out += base::format("    at least %.2f: %zu images, precision %.1f%%, recall %.1f%%\n",
                          min_flatness, from.k, 100 * from.precision, 100 * from.recall);
    }
  }
  if (const auto labels = check_labels(result, dataset)) {
    out += "\n  labels: doubt against \"the majority of FER+'s voters names another emotion\"\n" +
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

std::string to_json(const AuditResult& result, const datasets::Dataset& dataset) {
  std::string out = base::format(
      "{\"pictures\": %zu, \"hash\": \"%s\", \"exact_duplicates\": {\"groups\": %zu, \"suspects\": "
      "%zu}, \"near_duplicates\": {\"groups\": %zu, \"suspects\": %zu}",
      dataset.size(), datasets::dataset_hash(dataset).c_str(), result.exact.size(),
      count(result, Reason::kExactDuplicate), result.near.size(),
      count(result, Reason::kNearDuplicate));
  out += base::format(
      ", \"groups_across_splits\": %zu, \"groups_contradicting\": %zu, \"no_face\": %zu",
      result.across_splits, result.contradicting, count(result, Reason::kNoFace));
  if (result.labels)
    out += base::format(", \"wrong_labels\": %zu, \"noise_share\": %.4f",
                        count(result, Reason::kWrongLabel), result.labels->noise_share);
  out += base::format(", \"drop\": %zu, \"relabel\": %zu", result.edits.drop.size(),
                      result.edits.relabel.size());
  if (const VoteCheck faces = check_no_faces(result, dataset); faces.positives > 0)
    out += ", \"no_face_against_votes\": " + check_json(faces);
  if (const auto labels = check_labels(result, dataset)) {
    out += ", \"labels_against_votes\": " + check_json(labels->doubts) +
           base::format(
               ", \"issues_against_votes\": {\"count\": %zu, \"wrong\": %.4f, "
               "\"suggestion_right\": %.4f}, \"relabelled_against_votes\": {\"count\": %zu, "
               "\"wrong\": %.4f, \"suggestion_right\": %.4f}",
               labels->issues, labels->wrong, labels->suggestion, labels->relabelled,
               labels->relabelled_wrong, labels->relabelled_suggestion);
  }
  return out + "}\n";
}

}  // namespace mien::audit
