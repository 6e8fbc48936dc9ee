#pragma once

#include <span>
#include <string>

namespace mien::apps {

/// A subcommand takes the arguments after its name and returns the exit code. What it throws, main reports.
using Command = int (*)(std::span<const std::string> arguments);

int predict_command(std::span<const std::string> arguments);
int data_command(std::span<const std::string> arguments);
int evaluate_command(std::span<const std::string> arguments);
int calibrate_command(std::span<const std::string> arguments);
int bench_command(std::span<const std::string> arguments);
int quantize_command(std::span<const std::string> arguments);
int serve_command(std::span<const std::string> arguments);
int models_command(std::span<const std::string> arguments);
int info_command(std::span<const std::string> arguments);

/// Runs mien-train with the same arguments in this process's place; returns only on failure.
int forward_to_train(const std::string& command, std::span<const std::string> arguments);

inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;       // some input failed, the others are done
inline constexpr int kExitUsage = 2;        // nothing was done: the command line is wrong
inline constexpr int kExitInterrupted = 130;  // as a shell reports SIGINT

}  // namespace mien::apps
