#include "base/options.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <optional>
#include <utility>

#include "base/file.hpp"
#include "mien/error.hpp"

namespace mien::base {
namespace {

[[noreturn]] void invalid(const std::string& message) {
  throw Error(ErrorCode::kInvalidArgument, message);
}

template <class T>
T parse_number(std::string_view text, const char* kind, auto... base) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base...);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) {
    invalid(std::string("must be ") + kind + ", not '" + std::string(text) + "'");
  }
  return value;
}

void check_range(double value, Range range, std::string_view text) {
  if (!(value >= range.low && value <= range.high)) {
    const std::string given = ", not " + std::string(text);
    if (range.high > 1e299) invalid(format("must be at least %.12g", range.low) + given);
    invalid(format("must be between %.12g and %.12g", range.low, range.high) + given);
  }
}

/// "text, json or csv".
std::string join_choices(std::span<const std::string> choices) {
  const std::string all = join(choices.first(choices.size() - 1), ", ");
  return all.empty() ? choices.back() : all + " or " + choices.back();
}

/// The digits of a TOML escape (\uXXXX, \UXXXXXXXX) as UTF-8.
std::string unicode_escape(std::string_view digits, std::size_t count) {
  const auto code = digits.size() < count ? 0xD800U
                                          : parse_number<std::uint32_t>(digits.substr(0, count),
                                                                        "a hexadecimal escape", 16);
  if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000))
    invalid("invalid Unicode escape in the string");
  std::string out;
  append_utf8(out, code);
  return out;
}

/// A TOML value at the start of `text` as its plain text; what follows it may only be a comment.
std::string toml_value(std::string_view text) {
  const auto rest_is_comment = [](std::string_view rest) {
    rest = trim(rest);
    if (!rest.empty() && rest.front() != '#')
      invalid("unexpected '" + std::string(rest) + "' after the value");
  };
  if (text.empty()) invalid("missing value");
  if (text.front() == '\'') {
    const auto end = text.find('\'', 1);
    if (end == std::string_view::npos) invalid("the string has no closing quote");
    rest_is_comment(text.substr(end + 1));
    return std::string(text.substr(1, end - 1));
  }
  if (text.front() == '"') {
    std::string value;
    std::size_t i = 1;
    for (; i < text.size() && text[i] != '"'; ++i) {
      if (text[i] != '\\') {
        value += text[i];
        continue;
      }
      const char escaped = ++i < text.size() ? text[i] : 0;
      constexpr std::string_view kEscapes = "btnfr\"\\", kValues = "\b\t\n\f\r\"\\";
      if (const auto at = kEscapes.find(escaped); at != std::string_view::npos) {
        value += kValues[at];
      } else if (escaped == 'u' || escaped == 'U') {
        const std::size_t digits = escaped == 'u' ? 4 : 8;
        value += unicode_escape(text.substr(i + 1), digits);
        i += digits;
      } else {
        invalid("unknown escape in the string");
      }
    }
    if (i >= text.size()) invalid("the string has no closing quote");
    rest_is_comment(text.substr(i + 1));
    return value;
  }
  std::string value(trim(text.substr(0, text.find('#'))));
  if (value.empty()) invalid("missing value");
  if (value.find_first_of("[{\"'") != std::string::npos)
    invalid("arrays and tables are unsupported: '" + value + "'");
  const bool word = std::isalpha(static_cast<unsigned char>(value.front())) != 0;
  if (word && value != "true" && value != "false")
    invalid("a string needs quotes: \"" + value + "\"");
  std::erase(value, '_');
  return value;
}

}  // namespace

void OptionSet::add(int& field, std::string name, std::string value_name, std::string help,
                    Range range) {
  declare({.name = std::move(name),
           .value_name = std::move(value_name),
           .help = std::move(help),
           .set =
               [&field, range](std::string_view text) {
                 const int value = parse_number<int>(text, "an integer");
                 check_range(value, range, text);
                 field = value;
               },
           .get = [&field] { return std::to_string(field); }});
}

void OptionSet::add(std::uint64_t& field, std::string name, std::string value_name,
                    std::string help) {
  declare({.name = std::move(name),
           .value_name = std::move(value_name),
           .help = std::move(help),
           .set =
               [&field](std::string_view text) {
                 field = parse_number<std::uint64_t>(text, "an integer of at least 0");
               },
           .get = [&field] { return std::to_string(field); }});
}

void OptionSet::add(double& field, std::string name, std::string value_name, std::string help,
                    Range range) {
  declare({.name = std::move(name),
           .value_name = std::move(value_name),
           .help = std::move(help),
           .set =
               [&field, range](std::string_view text) {
                 const double value = parse_number<double>(text, "a number");
                 if (!std::isfinite(value))
                   invalid("must be a finite number, not '" + std::string(text) + "'");
                 check_range(value, range, text);
                 field = value;
               },
           .get = [&field] { return print_number(field); }});
}

void OptionSet::add(std::string& field, std::string name, std::string value_name,
                    std::string help) {
  declare({.name = std::move(name),
           .value_name = std::move(value_name),
           .help = std::move(help),
           .quoted = true,
           .set = [&field](std::string_view text) { field = text; },
           .get = [&field] { return field; }});
}

void OptionSet::add(std::vector<std::string>& field, std::string name, std::string value_name,
                    std::string help) {
  declare({.name = std::move(name),
           .value_name = std::move(value_name),
           .help = std::move(help),
           .quoted = true,
           .set = [&field](std::string_view text) { field.emplace_back(text); },
           .get = [&field] { return join(field, " "); }});
}

void OptionSet::add(bool& field, std::string name, std::string help) {
  declare({.name = std::move(name),
           .value_name = "",
           .help = std::move(help),
           .set =
               [&field](std::string_view text) {
                 if (text != "true" && text != "false")
                   invalid("must be true or false, not '" + std::string(text) + "'");
                 field = text == "true";
               },
           .get = [&field] { return std::string(field ? "true" : "false"); }});
}

void OptionSet::add_choice(std::string& field, std::string name, std::vector<std::string> choices,
                           std::string help) {
  std::string value_name = join(choices, "|");
  declare({.name = name,
           .value_name = std::move(value_name),
           .help = std::move(help),
           .quoted = true,
           .set =
               [&field, name, choices = std::move(choices)](std::string_view text) {
                 if (std::find(choices.begin(), choices.end(), text) == choices.end())
                   invalid("unknown " + name + " '" + std::string(text) + "'; choose " +
                           join_choices(choices));
                 field = text;
               },
           .get = [&field] { return field; }});
}

void OptionSet::declare(Option option) {
  option.initial = option.get();
  options_.push_back(std::move(option));
}

void OptionSet::short_name(char letter) { options_.back().letter = letter; }

void OptionSet::alias(std::string old_name) {
  options_.back().aliases.push_back(std::move(old_name));
}

void OptionSet::on_warning(std::function<void(const std::string& message)> handler) {
  on_warning_ = std::move(handler);
}

bool OptionSet::Option::has_alias(std::string_view old_name) const {
  return std::find(aliases.begin(), aliases.end(), old_name) != aliases.end();
}

void OptionSet::Option::assign(std::string_view value, const std::string& given) const {
  try {
    set(value);
  } catch (const Error& error) {
    invalid(given + ": " + error.what());
  }
}

const OptionSet::Option* OptionSet::find(std::string_view name) const {
  const auto found = std::find_if(options_.begin(), options_.end(), [&](const Option& option) {
    return option.name == name || option.has_alias(name);
  });
  return found == options_.end() ? nullptr : &*found;
}

void OptionSet::fail_unknown(std::string_view name, std::string_view dashes) const {
  const std::string near = nearest(name, names());
  const auto quoted = [&](std::string_view word) {
    return "'" + std::string(dashes) + std::string(word) + "'";
  };
  invalid("unknown option " + quoted(name) +
          (near.empty() ? "" : "; did you mean " + quoted(near) + "?"));
}

void OptionSet::warn_if_alias(const Option& option, std::string_view name, const std::string& where,
                              std::string_view dashes) const {
  if (!on_warning_ || option.name == name) return;
  const std::string prefix(dashes);
  on_warning_(where + prefix + std::string(name) + " is deprecated; use " + prefix + option.name);
}

std::vector<std::string> OptionSet::parse(std::span<const std::string> arguments) const {
  std::vector<std::string> positional;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (argument == "--") {
      positional.insert(positional.end(), arguments.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                        arguments.end());
      break;
    }
    if (argument.size() < 2 || argument[0] != '-') {
      positional.push_back(argument);
      continue;
    }
    const Option* option = nullptr;
    std::string given = argument;
    std::optional<std::string> value;
    bool negated = false;
    if (argument[1] == '-') {
      const auto equals = argument.find('=');
      given = argument.substr(0, equals);
      if (equals != std::string::npos) value = argument.substr(equals + 1);
      std::string name = given.substr(2);
      option = find(name);
      if (option == nullptr && name.starts_with("no-")) {
        option = find(name.substr(3));
        if (option != nullptr && !option->is_flag()) option = nullptr;
        negated = option != nullptr;
        if (negated) name.erase(0, 3);
      }
      if (option == nullptr) fail_unknown(name, "--");
      warn_if_alias(*option, name, "", negated ? "--no-" : "--");
    } else {
      const auto found = std::find_if(options_.begin(), options_.end(),
                                      [&](auto& o) { return o.letter == argument[1]; });
      if (found == options_.end()) invalid("unknown option '" + argument + "'");
      option = &*found;
      given = argument.substr(0, 2);
      if (argument.size() > 2) value = argument.substr(2);
    }
    if (option->is_flag()) {
      if (value && negated) invalid(given + " takes no value");
      if (!value) value = negated ? "false" : "true";
    } else if (!value) {
      if (i + 1 == arguments.size()) invalid(given + " needs a value: " + option->value_name);
      value = arguments[++i];
    }
    option->assign(*value, given);
  }
  return positional;
}

void OptionSet::parse_toml(std::string_view text, const std::string& file_name,
                           std::string_view table) const {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  int line_number = 0;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const std::string_view line = trim(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    ++line_number;
    if (line.empty() || line.front() == '#') continue;
    try {
      if (line.front() == '[') {
        const std::string_view header = trim(line.substr(0, line.find('#')));
        if (header != "[" + std::string(table) + "]")
          invalid("unknown table " + std::string(header));
        continue;
      }
      const auto equals = line.find('=');
      if (equals == std::string_view::npos) invalid("expected 'name = value'");
      const std::string_view name = trim(line.substr(0, equals));
      const Option* option = find(name);
      if (option == nullptr) fail_unknown(name, "");
      warn_if_alias(*option, name, format("%s:%d: ", file_name.c_str(), line_number), "");
      option->assign(toml_value(trim(line.substr(equals + 1))), std::string(name));
    } catch (const Error& error) {
      invalid(format("%s:%d: %s", file_name.c_str(), line_number, error.what()));
    }
  }
}

std::string OptionSet::to_toml() const {
  std::string out;
  for (const Option& option : options_) {
    out += option.name + " = " + (option.quoted ? json_quote(option.get()) : option.get()) + "\n";
  }
  return out;
}

std::string OptionSet::help() const {
  constexpr std::size_t kIndent = 30, kWidth = 100;
  std::string out;
  for (const Option& option : options_) {
    std::string line =
        option.letter != 0 ? std::string("  -") + option.letter + ", --" : std::string("      --");
    line += option.name + (option.is_flag() ? "" : " " + option.value_name);
    std::string text = option.help;
    const std::string& value = option.initial;
    if (!option.is_flag() && !value.empty()) text += " [" + value + "]";
    if (option.is_flag() && value == "true") text += " [on; --no-" + option.name + " turns it off]";
    if (line.size() + 2 > kIndent) {
      out += line + "\n";
      line.clear();
    }
    line.resize(kIndent, ' ');
    std::size_t begin = 0;
    while (begin < text.size()) {
      std::size_t count = std::min(text.size() - begin, kWidth - kIndent);
      if (begin + count < text.size()) {
        const auto space = text.rfind(' ', begin + count);
        if (space != std::string::npos && space > begin) count = space - begin;
      }
      out += line + text.substr(begin, count) + "\n";
      begin += count + (begin + count < text.size() && text[begin + count] == ' ' ? 1 : 0);
      line.assign(kIndent, ' ');
    }
  }
  return out;
}

std::vector<std::string> OptionSet::names() const {
  std::vector<std::string> out;
  for (const Option& option : options_) out.push_back(option.name);
  return out;
}

std::string nearest(std::string_view word, std::span<const std::string> candidates) {
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    std::vector<std::size_t> row(candidate.size() + 1);  // Levenshtein distance, one row at a time
    std::iota(row.begin(), row.end(), 0);
    for (std::size_t i = 1; i <= word.size(); ++i) {
      std::size_t diagonal = std::exchange(row[0], i);
      for (std::size_t j = 1; j <= candidate.size(); ++j) {
        const std::size_t substitute = diagonal + (word[i - 1] == candidate[j - 1] ? 0 : 1);
        diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, substitute}));
      }
    }
    if (row.back() < best_distance) {
      best_distance = row.back();
      best = candidate;
    }
  }
  return best;
}

}  // namespace mien::base
