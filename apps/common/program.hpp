#pragma once

#include <cstdio>
#include <cstring>
#include <exception>
#include <functional>

#include "common/exit_code.hpp"

namespace mien::apps {

/// The body of a main(): returns the exit code of `act`. An exception becomes a message on stderr,
/// after the program's name, and its exit code. A failure to write standard output is an error too.
inline int run_program(const char* name, const std::function<int()>& act) {
  try {
    const int code = act();
    if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
    std::fprintf(stderr, "%s: standard output: cannot write\n", name);
    return kExitFailed;
  } catch (const Error& error) {
    std::fprintf(stderr, "%s: %s\n", name, error.what());
    return exit_code(error.code());
  } catch (const std::exception& error) {
    // LibTorch appends a C++ backtrace after the first line.
    std::fprintf(stderr, "%s: %.*s\n", name, static_cast<int>(std::strcspn(error.what(), "\n")),
                 error.what());
    return kExitFailed;
  }
}

}  // namespace mien::apps
