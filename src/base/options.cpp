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
    invalid("'" + std::string(text) + "' is not " + kind);
  }
  return value;
}

void check_range(double value, Range range, std::string_view text) {
  if (!(value >= range.low && value <= range.high)) {
    if (range.high > 1e299)
      invalid(format("'%s' must be at least %.12g", std::string(text).c_str(), range.low));
    invalid(format("'%s' must lie in %.12g to %.12g", std::string(text).c_str(), range.low,
                   range.high));
  }
}

/// A TOML value at the start of `text` as its plain text; what follows it may only be a comment.
std::string toml_value(std::string_view text) {
  const auto rest_is_comment = [](std::string_view rest) {
    rest = trim(rest);
    if (!rest.empty() && rest.front() != '#')
      invalid("unexpected '" + std::string(rest) + "' after the value");
  };
  if (text.empty()) invalid("the value is missing");
  if (text.front() == '\'') {
    const auto end = text.find('\'', 1);
    if (end == std::string_view::npos) invalid("the string does not end on its line");
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
      if (escaped == 'n')
        value += '\n';
      else if (escaped == 't')
        value += '\t';
      else if (escaped == '"' || escaped == '\\')
        value += escaped;
      else if (escaped == 'u' && text.substr(i + 1, 2) == "00" &&
               i + 4 < text.size()) {  // a control character, as json_quote writes it
        value +=
            static_cast<char>(parse_number<int>(text.substr(i + 3, 2), "a control character", 16));
        i += 4;
      } else
        invalid("unknown escape in the string");
    }
    if (i >= text.size()) invalid("the string does not end on its line");
    rest_is_comment(text.substr(i + 1));
    return value;
  }
  std::string value(trim(text.substr(0, text.find('#'))));
  if (value.empty()) invalid("the value is missing");
  if (value.find_first_of("[{\"'") != std::string::npos)
    invalid("arrays and tables are not settings: '" + value + "'");
  const bool word = std::isalpha(static_cast<unsigned char>(value.front())) != 0;
  if (word && value != "true" && value != "false")
    invalid("a text needs quotes: \"" + value + "\"");
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
                 const int value = parse_number<int>(text, "a whole number");
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
                 field = parse_number<std::uint64_t>(text, "a whole number of 0 or more");
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
                   invalid("'" + std::string(text) + "' is not a finite number");
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
                   invalid("'" + std::string(text) + "' is not true or false");
                 field = text == "true";
               },
           .get = [&field] { return std::string(field ? "true" : "false"); }});
}

void OptionSet::add_choice(std::string& field, std::string name, std::vector<std::string> choices,
                           std::string help) {
  std::string value_name = join(choices, "|");
  declare({.name = std::move(name),
           .value_name = std::move(value_name),
           .help = std::move(help),
           .quoted = true,
           .set =
               [&field, choices = std::move(choices)](std::string_view text) {
                 if (std::find(choices.begin(), choices.end(), text) == choices.end()) {
                   invalid("'" + std::string(text) + "' is none of " + join(choices, ", "));
                 }
                 field = text;
               },
           .get = [&field] { return field; }});
}

void OptionSet::declare(Option option) {
  option.initial = option.get();
  options_.push_back(std::move(option));
}

void OptionSet::short_name(char letter) { options_.back().letter = letter; }

const OptionSet::Option& OptionSet::find(std::string_view name, std::string_view dashes) const {
  for (const Option& option : options_) {
    if (option.name == name) return option;
  }
  const std::string near = nearest(name, names());
  const auto quoted = [&](std::string_view word) {
    return "'" + std::string(dashes) + std::string(word) + "'";
  };
  invalid("unknown option " + quoted(name) +
          (near.empty() ? "" : ", did you mean " + quoted(near) + "?"));
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
      const bool is_option =
          std::any_of(options_.begin(), options_.end(), [&](auto& o) { return o.name == name; });
      if (!is_option && name.starts_with("no-")) {
        const auto positive = std::find_if(options_.begin(), options_.end(), [&](auto& o) {
          return o.name == name.substr(3) && o.value_name.empty();
        });
        negated = positive != options_.end();
        if (negated) name = name.substr(3);
      }
      option = &find(name, "--");
    } else {
      const auto found = std::find_if(options_.begin(), options_.end(),
                                      [&](auto& o) { return o.letter == argument[1]; });
      if (found == options_.end()) invalid("unknown option '" + argument + "'");
      option = &*found;
      given = argument.substr(0, 2);
      if (argument.size() > 2) value = argument.substr(2);
    }
    if (option->value_name.empty()) {
      if (value && negated) invalid(given + " takes no value");
      if (!value) value = negated ? "false" : "true";
    } else if (!value) {
      if (i + 1 == arguments.size()) invalid(given + " needs a value: " + option->value_name);
      value = arguments[++i];
    }
    try {
      option->set(*value);
    } catch (const Error& error) {
      invalid(given + ": " + error.what());
    }
  }
  return positional;
}

void OptionSet::parse_toml(std::string_view text, const std::string& file_name,
                           std::string_view table) const {
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
      find(trim(line.substr(0, equals)), "").set(toml_value(trim(line.substr(equals + 1))));
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
    line += option.name + (option.value_name.empty() ? "" : " " + option.value_name);
    std::string text = option.help;
    const std::string& value = option.initial;
    if (!option.value_name.empty() && !value.empty()) text += " [" + value + "]";
    if (option.value_name.empty() && value == "true")
      text += " [on; --no-" + option.name + " turns it off]";
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
