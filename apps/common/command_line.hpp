#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/options.hpp"

namespace mien::apps {

/// The command line of a subcommand: its options, and --help, which prints `usage` and the options.
///
///     CommandLine line("mien info [MODEL]\n\nShows what a model file contains.");
///     line.options.add(…);
///     const auto paths = line.parse(arguments);
///     if (!paths) return kExitOk;
class CommandLine {
 public:
  explicit CommandLine(std::string usage) : usage_(std::move(usage)) {}
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  base::OptionSet options;

  /// The positional arguments; empty after printing the help. Deprecated option names cause one
  /// line on stderr each. Throws Error kInvalidArgument.
  std::optional<std::vector<std::string>> parse(std::span<const std::string> arguments);
  /// The same for a command without positional arguments; false after printing the help.
  bool parse_options(std::span<const std::string> arguments);

 private:
  std::string usage_;
  bool help_ = false;
};

/// Prints one line on stderr for each deprecated option name that `options` reads.
void print_warnings(base::OptionSet& options);

/// Throws Error kInvalidArgument if the value of a mandatory option is empty; `advice` completes
/// "--data is missing; ".
void require_option(const std::string& value, const char* option, const char* advice);

/// Creates the folder and its parents. Throws Error kIo.
void create_folder(const std::string& folder);

}  // namespace mien::apps
