#pragma once

#include "mien/error.hpp"

namespace mien::apps {

inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;  // some input failed, the others are done
inline constexpr int kExitUsage = 2;   // nothing was done: the command line is wrong
inline constexpr int kExitIncomplete =
    3;  // a film or camera ended early or is damaged: what could be read is done
inline constexpr int kExitInterrupted = 130;  // as a shell reports SIGINT

/// Of a program that an error ends.
constexpr int exit_code(ErrorCode code) {
  return code == ErrorCode::kInvalidArgument ? kExitUsage
         : code == ErrorCode::kInterrupted   ? kExitInterrupted
                                             : kExitFailed;
}

}  // namespace mien::apps
