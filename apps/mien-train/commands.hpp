#pragma once

#include <span>
#include <string>

namespace mien::apps {

/// Each takes the arguments after its name and returns the exit code.
int train_command(std::span<const std::string> arguments);
int export_command(std::span<const std::string> arguments);

inline constexpr int kExitInterrupted = 130;  // as a shell reports SIGINT

}  // namespace mien::apps
