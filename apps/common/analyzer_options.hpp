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
  AnalyzerOptions options;  ///< without min_score
  std::string min_score;    ///< a number; empty: the detector's default

  /// --model, --head, --contempt, --precision
  void declare_network(base::OptionSet& set);
  /// --detector, --min-face, --min-score
  void declare_detector(base::OptionSet& set);
  /// All of these and --min-confidence.
  void declare(base::OptionSet& set);

  /// All options. Throws Error kInvalidArgument for an invalid --min-score.
  AnalyzerOptions with_threads(int threads) const;
  Analyzer load(int threads) const { return Analyzer::load(model, with_threads(threads)); }
};

}  // namespace mien::apps
