#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <unordered_map>

#include "inputs.hpp"

namespace mien::apps {

/// The JSON lines of `mien predict -o`. A run continues where the last one stopped, however that
/// ended. The file is locked against a second writer. Lines that another program wrote again, with
/// other escapes or spaces, count as well.
class ResultFile {
 public:
  /// Opens or creates the file and reads which photos it contains; an incomplete last line, which a
  /// killed run leaves, is removed. Throws Error kIo, or kBadFormat if it contains anything else
  /// than results; such a file is not changed.
  explicit ResultFile(std::filesystem::path path);
  ResultFile(const ResultFile&) = delete;
  ResultFile& operator=(const ResultFile&) = delete;
  ~ResultFile();

  enum class Held { kNo, kResult, kError };
  /// Whether the file contains the photo, with a result or an error. Each line counts once: a path
  /// that is taken twice must be there twice.
  Held take(const PhotoInput& photo);

  /// Throws Error kIo, for example if the disk is full.
  void append(std::string_view line);

 private:
  struct Count {
    std::size_t results = 0, errors = 0;
  };
  void read();
  bool add(const std::string& line);  // false: not a result
  [[noreturn]] void fail(const char* what) const;
  [[noreturn]] void fail_format(std::size_t line) const;

  std::filesystem::path path_;
  int file_;
  std::unordered_map<std::string, Count> held_;  // by path, in valid UTF-8
};

}  // namespace mien::apps
