#pragma once

#include <string>

#include "base/options.hpp"
#include "mien/analyzer.hpp"

namespace mien::apps {

// The options that select and configure networks, declared once for all commands.

/// Declare one option each.
void add_model_option(base::OptionSet& options, std::string& model);
void add_precision_option(base::OptionSet& options, std::string& precision);
void add_detector_option(base::OptionSet& options, std::string& detector);

/// What an Analyzer is loaded from.
struct AnalyzerSettings {
  std::string model;
  AnalyzerOptions options;

  /// --model, --head, --contempt, --precision
  void declare_network(base::OptionSet& set);
  /// --detector, --min-face
  void declare_detector(base::OptionSet& set);
  /// All of these and --min-confidence.
  void declare(base::OptionSet& set);

  Analyzer load(int threads) const;
};

}  // namespace mien::apps
