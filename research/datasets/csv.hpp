#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "mien/error.hpp"

namespace mien::datasets {

/// Reads CSV text line by line. Fields must not contain commas or line breaks, as in FER2013 and
/// FER+. Quoted fields and CRLF are allowed; blank lines are skipped.
class CsvReader {
 public:
  /// The text must outlive the reader; `path` is for messages.
  CsvReader(std::filesystem::path path, std::string_view text);

  /// Moves to the next line that is not blank; false at the end.
  bool next();

  /// The line, trimmed.
  std::string_view line() const { return line_; }

  /// The fields of the line, trimmed and without quotes; throws Error kBadFormat unless there are
  /// exactly N.
  template <std::size_t N>
  std::array<std::string_view, N> fields() const {
    std::array<std::string_view, N> out;
    const std::vector<std::string_view> found = all_fields();
    if (found.size() != N) fail("expected " + std::to_string(N) + " fields");
    std::copy(found.begin(), found.end(), out.begin());
    return out;
  }

  /// All fields of the line, trimmed and without quotes.
  std::vector<std::string_view> all_fields() const;

  /// Throws Error kBadFormat that names file, line and reason.
  [[noreturn]] void fail(const std::string& reason) const;

 private:
  std::filesystem::path path_;
  std::string_view rest_;
  std::string_view line_;
  std::size_t number_ = 0;
};

/// The text of a file. Files compressed with gzip or xz, and tar archives that contain fer2013.csv
/// or only one CSV file, are unpacked with the programs gzip, xz and tar. Throws Error kNotFound,
/// kIo, kBadFormat, and kUnsupported (with the command to unpack the file) if a program is missing
/// or fails.
std::string read_table(const std::filesystem::path& path);

/// The text cut and quoted for a message; bytes that are not printable ASCII become '?'.
std::string excerpt(std::string_view text);

}  // namespace mien::datasets
