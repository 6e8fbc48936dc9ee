#pragma once

#include <span>
#include <string>

namespace mien::apps {

/// Runs `mien-train train ARGUMENTS` as `count` workers on this machine, as torchrun does, and
/// waits for them. If one fails, the others are killed after 20 seconds. Returns the exit code of
/// the first that failed, or 0.
int launch_workers(int count, std::span<const std::string> arguments);

}  // namespace mien::apps
