#pragma once

#include <span>
#include <string>

namespace mien::apps {

/// Runs `mien-train train ARGUMENTS` as `count` workers of this machine, as torchrun would, and
/// waits for them. When one ends with an error the others are given a moment to notice, then
/// stopped. Returns the exit code of the first that failed, or 0.
int launch_workers(int count, std::span<const std::string> arguments);

}  // namespace mien::apps
