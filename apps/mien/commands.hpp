#pragma once

#include <span>
#include <string>
#include <vector>

#include "common/exit_code.hpp"

namespace mien::apps {

/// A subcommand takes the arguments after its name and returns the exit code. main reports what it
/// throws.
using Command = int (*)(std::span<const std::string> arguments);

int predict_command(std::span<const std::string> arguments);
int data_command(std::span<const std::string> arguments);
int evaluate_command(std::span<const std::string> arguments);
int audit_command(std::span<const std::string> arguments);  ///< mien data audit
int explain_command(std::span<const std::string> arguments);
int calibrate_command(std::span<const std::string> arguments);
int bench_command(std::span<const std::string> arguments);
int photo_head_command(std::span<const std::string> arguments);
int quantize_command(std::span<const std::string> arguments);
int serve_command(std::span<const std::string> arguments);
int models_command(std::span<const std::string> arguments);
int knn_command(std::span<const std::string> arguments);
int info_command(std::span<const std::string> arguments);

/// Print shell completions and the manual page; `names` are those of the subcommands.
int completions_command(std::span<const std::string> arguments, std::span<const std::string> names);
int man_command(std::span<const std::string> arguments, std::span<const std::string> names);

/// Replaces this process by Mien's `program`, which implements the subcommand `command`, with these
/// arguments. Returns only on failure, after printing how to install the program.
int forward(const std::string& command, const std::string& program, std::vector<std::string> words,
            const char* how_to_get_it);

}  // namespace mien::apps
