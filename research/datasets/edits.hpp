#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <set>

#include "datasets/dataset.hpp"

namespace mien::datasets {

/// Corrections of training images, by CSV row (Sample::row).
struct DataEdits {
  std::set<std::int32_t> drop;
  std::map<std::int32_t, Emotion> relabel;

  bool empty() const { return drop.empty() && relabel.empty(); }
};

/// Adds a list of rows to drop: a CSV with the header "row". Throws Error kBadFormat naming
/// file and line.
void read_drop_list(DataEdits& edits, const std::filesystem::path& path);
/// Adds a list of new labels: a CSV with the header "row,emotion", where emotion is a name
/// (emotion_from_string) or a number. Throws Error kBadFormat naming file and line, also if a row
/// has two different labels.
void read_relabel_list(DataEdits& edits, const std::filesystem::path& path);

struct EditCounts {
  std::size_t dropped = 0;
  std::size_t relabeled = 0;  ///< rows whose label changed
  std::size_t of_tests = 0;   ///< rows of PublicTest and PrivateTest, which are never changed
};

/// Applies the corrections; a row in both lists is dropped. Throws Error kInvalidArgument if a row
/// does not exist; the data set is then unchanged.
EditCounts apply_edits(Dataset& dataset, const DataEdits& edits);

}  // namespace mien::datasets
