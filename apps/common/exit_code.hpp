#pragma once

#include "mien/error.hpp"

namespace mien::apps {

inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;         // an input failed; the others are processed
inline constexpr int kExitUsage = 2;          // the command line is invalid; nothing was done
inline constexpr int kExitIncomplete = 3;     // a video or camera ended early or is damaged
inline constexpr int kExitInterrupted = 130;  // as shells report SIGINT

/// The exit code of a program that ends with an error.
constexpr int exit_code(ErrorCode code) {
  return code == ErrorCode::kInvalidArgument ? kExitUsage
         : code == ErrorCode::kInterrupted   ? kExitInterrupted
                                             : kExitFailed;
}

}  // namespace mien::apps
