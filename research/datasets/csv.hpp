#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "mien/error.hpp"

namespace mien::datasets {

/// Walks through the lines of a CSV text whose fields hold no commas and no line breaks, as those
/// of FER2013 and FER+ do. Quotes around a field and CRLF are allowed; blank lines are passed over.
class CsvReader {
 public:
  /// The text must outlive the reader; `path` is for messages.
  CsvReader(std::filesystem::path path, std::string_view text);

  /// Moves on to the next line with something on it; false at the end.
  bool next();

  /// The line, without outer blanks.
  std::string_view line() const { return line_; }

  /// Fields of the line, without quotes and outer blanks; throws Error kBadFormat when it has not
  /// exactly N.
  template <std::size_t N>
  std::array<std::string_view, N> fields() const {
    std::array<std::string_view, N> out;
    if (split(out.data(), N) != N) fail("expected " + std::to_string(N) + " fields");
    return out;
  }

  /// Throws Error kBadFormat that names file, line and reason.
  [[noreturn]] void fail(const std::string& reason) const;

 private:
  std::size_t split(std::string_view* out, std::size_t capacity) const;

  std::filesystem::path path_;
  std::string_view rest_;
  std::string_view line_;
  std::size_t number_ = 0;
};

/// A text shortened and quoted for a message; bytes that do not print become '?'.
std::string excerpt(std::string_view text);

}  // namespace mien::datasets
