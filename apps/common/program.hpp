#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace mien::apps {

struct ProgramResult {
  int exit_code = 0;    ///< 128 + signal where one ended it
  std::string output;   ///< what it wrote to standard output
  bool too_long = false;  ///< it wrote more than the limit and was stopped
};

/// Runs a program of the PATH, without a shell, with a file as its standard input, and waits for it. Its standard
/// error is ours. Throws Error kNotFound where it is not installed, kIo where it cannot be run.
ProgramResult run_program(std::vector<std::string> words, std::size_t output_limit,
                          const std::filesystem::path& input = "/dev/null");

}  // namespace mien::apps
