#pragma once

#include <span>
#include <string>

#include "common/exit_code.hpp"

namespace mien::apps {

/// Each takes the arguments after its name and returns the exit code.
int train_command(std::span<const std::string> arguments);
int tune_command(std::span<const std::string> arguments);
int export_command(std::span<const std::string> arguments);

}  // namespace mien::apps
