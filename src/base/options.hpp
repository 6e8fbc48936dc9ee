#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mien::base {

/// The allowed values of a number; both ends are included.
struct Range {
  double low = -1e300;
  double high = 1e300;
};

/// The fields of an options struct, declared once for the command line, TOML files, help texts and
/// checkpoints. The set refers to the fields, which must outlive it.
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
  /// May be given several times; each appends a value.
  void add(std::vector<std::string>& field, std::string name, std::string value_name,
           std::string help);
  void add(bool& field, std::string name, std::string help);
  void add_choice(std::string& field, std::string name, std::vector<std::string> choices,
                  std::string help);

  /// A second spelling of the option added last, e.g. 'o' for -o.
  void short_name(char letter);

  /// A deprecated name of the option added last. parse and parse_toml accept it and call the
  /// warning handler; help and to_toml do not show it.
  void alias(std::string old_name);

  /// Receives one message without a newline for each deprecated name that is read, such as
  /// "--average is deprecated; use --ema-decay" or "a.toml:3: average is deprecated; use
  /// ema-decay". Without a handler, the messages are dropped.
  void on_warning(std::function<void(const std::string& message)> handler);

  /// Reads "--name value", "--name=value", "--flag", "--no-flag", "-o value"; after "--" all
  /// arguments are positional, and so is a lone "-". Returns the positional arguments. For an
  /// unknown option, the error suggests the nearest name.
  std::vector<std::string> parse(std::span<const std::string> arguments) const;

  /// Reads `key = value` lines in UTF-8, with or without a byte order mark: strings, numbers,
  /// booleans, comments; one table header with the given name is allowed. The keys are the option
  /// names.
  void parse_toml(std::string_view text, const std::string& file_name,
                  std::string_view table) const;

  /// All fields as TOML, in order; parse_toml reads it back.
  std::string to_toml() const;

  /// One line per option with its default, wrapped at 100 columns.
  std::string help() const;

  /// The names without dashes, in order, without deprecated ones.
  std::vector<std::string> names() const;

 private:
  struct Option {
    std::string name;
    std::string value_name;  // empty: a flag
    std::string help;
    char letter = 0;
    std::vector<std::string> aliases = {};
    bool quoted = false;  // a string in TOML
    std::function<void(std::string_view value)> set;
    std::function<std::string()> get;
    std::string initial = {};  // the default: what get returned when the option was added

    bool is_flag() const { return value_name.empty(); }
    bool has_alias(std::string_view old_name) const;
    void assign(std::string_view value, const std::string& given) const;  // errors name `given`
  };
  void declare(Option option);
  const Option* find(std::string_view name) const;  // also by an alias; null if unknown
  [[noreturn]] void fail_unknown(std::string_view name, std::string_view dashes) const;
  void warn_if_alias(const Option& option, std::string_view name, const std::string& where,
                     std::string_view dashes) const;
  std::vector<Option> options_;
  std::function<void(const std::string& message)> on_warning_;
};

/// The candidate with the smallest edit distance to `word`, if it is small enough to be a typing
/// error; otherwise an empty string.
std::string nearest(std::string_view word, std::span<const std::string> candidates);

}  // namespace mien::base
