#pragma once

#include <span>
#include <string>

namespace mien::apps {

/// `mien video`: takes the arguments, returns the exit code.
int video_command(std::span<const std::string> arguments);

}  // namespace mien::apps
