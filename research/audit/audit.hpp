#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/confident_learning.hpp"
#include "audit/duplicates.hpp"
#include "datasets/dataset.hpp"
#include "datasets/edits.hpp"
#include "datasets/npy.hpp"

namespace mien::audit {

enum class Reason { kExactDuplicate, kNearDuplicate, kNoFace, kWrongLabel };
/// "exact duplicate", "near duplicate", "no face", "wrong label".
std::string_view to_string(Reason reason);

/// A picture that a person should look at.
struct Suspect {
  std::size_t index = 0;  ///< of the data set
  Reason reason = Reason::kNoFace;
  float score = 0;  ///< duplicates: correlation; no face: flatness; wrong label: LabelIssue::score
  std::optional<std::size_t> twin;  ///< of duplicates: the picture it repeats
  std::optional<int> label;         ///< of wrong labels: the better one
  std::string suggestion;           ///< "drop", "relabel", "look"
};

/// Where a suspicion becomes a suggestion to change the training data.
struct AuditOptions {
  TwinOptions twins;
  float flat = 0.5F;        ///< flatness from which a picture is suspected to be no face
  float drop_flat = 0.6F;   ///< and from which it is to be dropped
  float drop_twin = 0.97F;  ///< correlation from which a near duplicate is to be dropped
  float relabel = 0.6F;     ///< score from which a label is to be replaced
};

struct AuditResult {
  std::vector<TwinGroup> exact;   ///< groups of equal pictures alone
  std::vector<TwinGroup> near;    ///< groups in which some are different
  std::size_t across_splits = 0;  ///< groups, of both kinds, with pictures of more than one split
  std::size_t contradicting = 0;  ///< and those with more than one label
  std::vector<float> flatness;    ///< [samples]
  std::optional<LabelAudit> labels;  ///< where there are predictions
  std::vector<Suspect> suspects;     ///< by reason, the surest first
  datasets::DataEdits edits;         ///< of training rows
};

/// Looks for what is wrong with a set. `features` as for find_twins; `predictions` [samples,
/// classes] are out-of-fold probabilities in Emotion's order, or have no columns: labels are then
/// not judged. Suggestions are for training pictures: of duplicates among them one stays (of
/// contradicting ones one with the label that most have, or none), those that repeat a test picture
/// go, and so do pictures that are no face; labels that are probably wrong are replaced.
AuditResult audit(const datasets::Dataset& dataset, const datasets::FloatTable& features,
                  const datasets::FloatTable& predictions, const AuditOptions& options = {},
                  const Progress& progress = {});

/// Whether a group has pictures of several splits, or several labels.
bool crosses_splits(const TwinGroup& group, const datasets::Dataset& dataset);
bool contradicts(const TwinGroup& group, const datasets::Dataset& dataset);

/// "row,split,label,reason,score,suggestion", one line a suspect.
std::string suspects_csv(const AuditResult& result, const datasets::Dataset& dataset);
/// The lists that read_drop_list and read_relabel_list read.
std::string drop_csv(const datasets::DataEdits& edits);
std::string relabel_csv(const datasets::DataEdits& edits);

/// The emotion's name, or "none".
std::string label_name(int label);

}  // namespace mien::audit
