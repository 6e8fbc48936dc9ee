#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace mien::training {

/// One setting that a search varies. A point of the space is a number from 0 to 1 for each.
struct Dimension {
  std::string name;  ///< of a setting of `mien train`
  double low = 0, high = 1;
  bool logarithmic = false;          ///< equal factors are equal steps
  bool whole = false;                ///< whole numbers, both ends included
  std::vector<std::string> choices;  ///< where not empty, these words rather than numbers

  /// The value as a recipe writes it: `0.0123`, `24`, `"sgd"`; `position` in [0, 1].
  std::string value_at(double position) const;
};

using Point = std::vector<double>;  ///< [dimensions], each in [0, 1]

struct SearchSpace {
  std::vector<Dimension> dimensions;

  Point sample(std::mt19937_64& random) const;
  /// Lines of a recipe: "learning-rate = 0.0123\n…".
  std::string recipe_of(const Point& point) const;
};

/// Reads a space: TOML with a table [space], a string for each setting:
///
///     learning-rate = "0.003 to 0.1, log"
///     dropout = "0 to 0.6"
///     filters1 = "8 to 32, whole"
///     optimizer = "sgd | adamw"
///
/// Settings and the values at both ends (of words: all) are checked against those that `mien train`
/// knows. Throws Error kInvalidArgument naming the file, and the setting or the line.
SearchSpace parse_search_space(std::string_view toml, const std::string& file_name);

}  // namespace mien::training
