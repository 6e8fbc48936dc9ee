#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <set>

#include "datasets/dataset.hpp"

namespace mien::datasets {

/// Corrections of training pictures, by the row of the CSV (Sample::row).
struct DataEdits {
  std::set<std::int32_t> drop;
  std::map<std::int32_t, Emotion> relabel;

  bool empty() const { return drop.empty() && relabel.empty(); }
};

/// Adds a list of rows to leave out: a CSV with the header "row". Throws Error kBadFormat naming
/// file and line.
void read_drop_list(DataEdits& edits, const std::filesystem::path& path);
/// Adds a list of new labels: a CSV with the header "row,emotion", the emotion a word that
/// emotion_from_string knows or its number. Throws Error kBadFormat naming file and line, also
/// where a row has two labels.
void read_relabel_list(DataEdits& edits, const std::filesystem::path& path);

struct EditCounts {
  std::size_t dropped = 0;
  std::size_t relabelled = 0;  ///< whose label was another one
  std::size_t of_tests = 0;  ///< rows of PublicTest and PrivateTest, which stay as they are: a test
                             ///< set is not for fitting
};

/// Makes the corrections; a row in both lists is dropped. Throws Error kInvalidArgument where a row
/// is not in the data set, which is then as it was.
EditCounts apply_edits(Dataset& dataset, const DataEdits& edits);

}  // namespace mien::datasets
