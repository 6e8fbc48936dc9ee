#pragma once

#include <cstdio>
#include <filesystem>
#include <string_view>

#include "base/file.hpp"

namespace mien::apps {

/// A file that is written bit by bit under a temporary name beside its own, which it gets when it
/// is closed: also where an error or Ctrl-C ends the work early, since what is there is of use.
/// Without a path: standard output.
class OutputFile {
 public:
  /// Throws Error kIo.
  explicit OutputFile(const std::filesystem::path& path);
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  ~OutputFile();

  /// What is written can be read by others at once. Throws Error kIo.
  void write(std::string_view text);
  void close();
  bool is_terminal() const;

 private:
  [[noreturn]] void fail(int error) const;

  std::filesystem::path path_, temporary_;
  std::FILE* file_;
};

/// The name under which a destination is written until it is whole; its own where it is written in
/// place.
std::filesystem::path temporary_name(const base::Destination& destination);

}  // namespace mien::apps
