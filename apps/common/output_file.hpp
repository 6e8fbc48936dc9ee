#pragma once

#include <cstdio>
#include <filesystem>
#include <string_view>

#include "base/file.hpp"

namespace mien::apps {

/// A file that is written piece by piece under a temporary name beside its own. close() and the
/// destructor rename it, also after an error or Ctrl-C, because a partial result is of use. Without
/// a path: standard output.
class OutputFile {
 public:
  /// Throws Error kIo.
  explicit OutputFile(const std::filesystem::path& path);
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  ~OutputFile();

  /// Flushes, so that others can read the text at once. Throws Error kIo.
  void write(std::string_view text);
  void close();
  bool is_terminal() const;

 private:
  [[noreturn]] void fail(int error) const;

  std::filesystem::path path_, temporary_;
  std::FILE* file_;
};

/// The name under which a destination is written before it is renamed; its own name if it is
/// written in place.
std::filesystem::path temporary_name(const base::Destination& destination);

}  // namespace mien::apps
