#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace mien::training {

/// One setting that a search varies.
struct Dimension {
  std::string name;  ///< of a setting of `mien train`
  double low = 0, high = 1;
  bool logarithmic = false;          ///< uniform in the logarithm
  bool whole = false;                ///< whole numbers, both ends included
  std::vector<std::string> choices;  ///< if not empty, values instead of a range

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

/// Parses a space: TOML with a table [space] and one string per setting:
///
///     learning-rate = "0.003 to 0.1, log"
///     dropout = "0 to 0.6"
///     filters1 = "8 to 32, whole"
///     optimizer = "sgd | adamw"
/// Names and values are checked against the settings of `mien train`. Throws Error kInvalidArgument
/// naming the file, and the setting or the line.
SearchSpace parse_search_space(std::string_view toml, const std::string& file_name);

}  // namespace mien::training
