#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace mien::base {

struct ProcessLimits {
  /// Bytes on standard output or standard error; more kills the program.
  std::size_t output = std::size_t{256} << 20;
  /// From start to end, also after the program closed its output; longer kills it.
  std::chrono::milliseconds time = std::chrono::minutes(10);
};

/// How a program ended.
struct ProcessEnd {
  int exit_code = 0;       ///< 128 + signal if one killed it
  bool too_long = false;   ///< it wrote more than the limit and was killed
  bool timed_out = false;  ///< it ran longer than the limit and was killed
  std::string output;      ///< its standard output
  std::string error;       ///< its standard error
};

/// Runs a program of the PATH (words[0]) without a shell, with `input` as its standard input, and
/// waits for its end. Throws Error kNotFound where the program is not installed, kIo if it
/// cannot be run. Thread safe.
ProcessEnd run_process(std::vector<std::string> words, std::string_view input,
                       const ProcessLimits& limits = {});

}  // namespace mien::base
