#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <unordered_map>

#include "inputs.hpp"

namespace mien::apps {

/// A file of JSON lines that several runs of `mien predict`, one after the other, fill: each goes
/// on where the last one ended, however it ended. It is locked, so that no two runs write to it at
/// once.
class ResultFile {
 public:
  /// Opens or makes the file and reads which photos it holds; half a line at its end, which a
  /// killed run leaves, is cut off. Throws Error kIo, or kBadFormat where something else than
  /// results is in it: it is then left as it was.
  explicit ResultFile(std::filesystem::path path);
  ResultFile(const ResultFile&) = delete;
  ResultFile& operator=(const ResultFile&) = delete;
  ~ResultFile();

  enum class Held { kNo, kResult, kError };
  /// Whether the file holds a result of the photo, and of what kind. A path that is asked for twice
  /// must be there twice.
  Held take(const PhotoInput& photo);

  /// Throws Error kIo: no space left, …
  void append(std::string_view line);

 private:
  struct Count {
    std::size_t results = 0, errors = 0;
  };
  void read();
  [[noreturn]] void fail(const char* what) const;

  std::filesystem::path path_;
  int file_;
  std::unordered_map<std::string, Count> held_;  // by path as a JSON string
};

}  // namespace mien::apps
