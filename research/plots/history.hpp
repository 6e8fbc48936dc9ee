#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "plots/figure.hpp"

namespace mien::plots {

/// A run's history.csv: one line per epoch, with a header.
struct RunHistory {
  std::string name;
  std::vector<std::string> columns;
  std::vector<std::vector<double>> values;  ///< [columns][epochs]

  /// The column, or nullptr.
  const std::vector<double>* find(std::string_view column) const;
};

/// Parses a history; `file_name` is for messages. Throws Error kBadFormat naming file and line.
RunHistory parse_history(std::string_view csv, const std::string& file_name);

/// Reads a history; its name is that of the run's folder, or of the file. Throws Error kNotFound,
/// kIo, kBadFormat naming file and line.
RunHistory read_history(const std::filesystem::path& path);

/// Loss, accuracy and macro F1 by epoch, training and validation. Throws Error kBadFormat if the
/// history has none of these columns.
Figure training_figure(const RunHistory& history);

}  // namespace mien::plots
