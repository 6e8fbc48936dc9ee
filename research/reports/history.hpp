#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace mien::reports {

/// A run's history.csv: one line per epoch, with a header.
struct RunHistory {
  std::string name;
  std::vector<std::string> columns;
  std::vector<std::vector<double>> values;  ///< [columns][epochs]

  /// The column, or nullptr.
  const std::vector<double>* find(const std::string& column) const;
};

/// Throws Error kNotFound, kIo, kBadFormat naming file and line.
RunHistory read_history(const std::filesystem::path& path);

}  // namespace mien::reports
