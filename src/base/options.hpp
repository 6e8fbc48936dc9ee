#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mien::base {

/// What a number may be.
struct Range {
  double low = -1e300;
  double high = 1e300;
};

/// The fields of an options struct, listed once: command line parsing, TOML files, help and
/// printing all follow from the list. The set refers to the fields, which must outlive it.
///
///     struct Settings { int epochs = 30; std::string device = "cpu"; };
///     OptionSet options;
///     options.add(settings.epochs, "epochs", "N", "passes over the training set", {1, 100000});
///     options.add_choice(settings.device, "device", {"cpu", "cuda"}, "where to train");
///     std::vector<std::string> paths = options.parse(arguments);
///
/// Everything throws Error kInvalidArgument naming the option (and the file and line, for TOML).
class OptionSet {
 public:
  void add(int& field, std::string name, std::string value_name, std::string help,
           Range range = {});
  void add(std::uint64_t& field, std::string name, std::string value_name, std::string help);
  void add(double& field, std::string name, std::string value_name, std::string help,
           Range range = {});
  void add(std::string& field, std::string name, std::string value_name, std::string help);
  /// May be given several times; each adds to the list.
  void add(std::vector<std::string>& field, std::string name, std::string value_name,
           std::string help);
  void add(bool& field, std::string name, std::string help);
  void add_choice(std::string& field, std::string name, std::vector<std::string> choices,
                  std::string help);

  /// A second spelling of the option added last, e.g. 'o' for -o.
  void short_name(char letter);

  /// Reads "--name value", "--name=value", "--flag", "--no-flag", "-o value"; after "--" all is
  /// positional, and a lone "-" is too. Returns the positional arguments. An unknown option is an
  /// error that suggests the nearest name.
  std::vector<std::string> parse(std::span<const std::string> arguments) const;

  /// Reads `key = value` lines: strings, numbers, booleans, comments; one table header with the
  /// given name is allowed. The names are the options' own; an unknown one is an error.
  void parse_toml(std::string_view text, const std::string& file_name,
                  std::string_view table) const;

  /// All fields as TOML, in order: what parse_toml reads back.
  std::string to_toml() const;

  /// One line an option, defaults shown, wrapped for a terminal.
  std::string help() const;

  /// Every spelling, for shell completion and "did you mean".
  std::vector<std::string> names() const;

 private:
  struct Option {
    std::string name;
    std::string value_name;  // empty: a flag
    std::string help;
    char letter = 0;
    bool quoted = false;  // a string in TOML
    std::function<void(std::string_view value)> set;
    std::function<std::string()> get;
    std::string initial = {};  // the default: what get gave when the option was added
  };
  void declare(Option option);
  const Option& find(std::string_view name, std::string_view dashes) const;
  std::vector<Option> options_;
};

/// The candidate with the smallest edit distance to `word` when it is near enough to be a typing
/// error; else empty.
std::string nearest(std::string_view word, std::span<const std::string> candidates);

}  // namespace mien::base
