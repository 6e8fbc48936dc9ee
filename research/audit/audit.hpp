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

/// An image to be reviewed.
struct Suspect {
  std::size_t index = 0;  ///< of the data set
  Reason reason = Reason::kNoFace;
  float score = 0;  ///< duplicates: correlation; no face: flatness; wrong label: LabelIssue::score
  std::optional<std::size_t> duplicate;  ///< for duplicates: the other image
  std::optional<int> label;              ///< for wrong labels: the suggested label
  std::string suggestion;                ///< "drop", "relabel", "look"
};

/// Thresholds for suspects, and for suggestions to change the training data.
struct AuditOptions {
  DuplicateOptions duplicates;
  float flat = 0.5F;             ///< minimum flatness of a suspect (not a face)
  float drop_flat = 0.6F;        ///< minimum flatness to suggest dropping it
  float drop_duplicate = 0.97F;  ///< minimum correlation to suggest dropping a near-duplicate
  float relabel = 0.6F;          ///< minimum score to suggest a new label
};

struct AuditResult {
  std::vector<DuplicateGroup> exact;  ///< groups in which all images are identical
  std::vector<DuplicateGroup> near;   ///< other groups
  std::size_t across_splits = 0;      ///< groups of both kinds with images of several splits
  std::size_t contradicting = 0;      ///< groups of both kinds with several labels
  std::vector<float> flatness;        ///< [samples]
  std::optional<LabelAudit> labels;   ///< if there are predictions
  std::vector<Suspect> suspects;      ///< by reason, then by descending score
  datasets::DataEdits edits;          ///< suggestions for training rows
};

/// Finds duplicates, images without a face, and wrong labels. `features` as for find_duplicates;
/// `predictions` [samples, classes] are out-of-fold probabilities in Emotion's order; without
/// columns, labels are not checked. Suggestions concern training images only: of duplicates one is
/// kept (with contradicting labels: one with the most frequent label, or none); images that equal a
/// test image, and images without a face, are dropped; labels that are probably wrong are replaced.
AuditResult audit(const datasets::Dataset& dataset, const datasets::FloatTable& features,
                  const datasets::FloatTable& predictions, const AuditOptions& options = {},
                  const Progress& progress = {});

/// Whether a group has images of several splits; several labels.
bool crosses_splits(const DuplicateGroup& group, const datasets::Dataset& dataset);
bool contradicts(const DuplicateGroup& group, const datasets::Dataset& dataset);

/// "row,split,label,reason,score,suggestion", one line per suspect.
std::string suspects_csv(const AuditResult& result, const datasets::Dataset& dataset);
/// The lists that read_drop_list and read_relabel_list read.
std::string drop_csv(const datasets::DataEdits& edits);
std::string relabel_csv(const datasets::DataEdits& edits);

/// The emotion's name, or "none".
std::string label_name(int label);

}  // namespace mien::audit
