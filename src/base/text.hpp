#pragma once

#include <charconv>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace mien::base {

/// printf into a string: format("%.3f s", seconds).
std::string format(const char* pattern, ...) __attribute__((format(printf, 1, 2)));

/// The text without spaces, tabs and line ends (ASCII white space) at both ends.
std::string_view trim(std::string_view text);

/// All parts between separators, empty ones too: "a,,b" has three, "" has one. A view into `text`.
std::vector<std::string_view> split(std::string_view text, char separator);

/// The parts of a list that a person wrote: trimmed, empty ones left out. "a, b," has two.
std::vector<std::string> split_list(std::string_view text, char separator = ',');

/// The parts with the separator between them. `parts` is any range of strings or string views.
template <class Parts>
std::string join(const Parts& parts, std::string_view separator) {
  std::string out;
  bool first = true;
  for (const auto& part : parts) {
    if (!first) out += separator;
    out += part;
    first = false;
  }
  return out;
}

/// A to Z as a to z; other bytes unchanged. Independent of the locale.
std::string to_lower(std::string_view text);

/// Whether two ASCII texts are equal but for upper and lower case.
bool equal_ignoring_case(std::string_view a, std::string_view b);

/// The number that the whole text is, in C's notation without white space or a leading '+'; none
/// for anything else, a value outside T's range, infinity and NaN. Independent of the locale.
template <class T>
std::optional<T> parse_number(std::string_view text) {
  T value{};
  const char* const end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value);
  if (result.ec != std::errc() || result.ptr != end || text.empty()) return std::nullopt;
  if constexpr (std::is_floating_point_v<T>) {
    if (!std::isfinite(value)) return std::nullopt;
  }
  return value;
}

/// The shortest decimal form that reads back as the same double.
std::string print_number(double value);

/// Appends a code point as UTF-8; U+FFFD for surrogates and values above U+10FFFF.
void append_utf8(std::string& text, char32_t code_point);

/// Length in bytes of the UTF-8 sequence at the start of `text`; 0 if there is none.
std::size_t utf8_length(std::string_view text);
bool is_utf8(std::string_view text);
/// The text with U+FFFD for each byte that is not part of valid UTF-8.
std::string to_valid_utf8(std::string_view text);

/// The content of a text file as UTF-8: without a UTF-8 byte order mark; decoded where a UTF-16
/// mark (either byte order) begins it. Text without a mark stays as it is.
std::string decode_text(std::string bytes);

/// A JSON or TOML string with its double quotes; bytes that are not UTF-8 become U+FFFD. To write
/// JSON, use base/json.hpp.
std::string json_quote(std::string_view text);

}  // namespace mien::base
