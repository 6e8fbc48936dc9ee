#include <csignal>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "commands.hpp"
#include "common/exit_code.hpp"

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a reader that leaves is an error of writing, and the other outputs are closed properly
  try {
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    if (arguments == std::vector<std::string>{"--version"}) return std::puts("mien-video " MIEN_VERSION), mien::apps::kExitOk;
    return mien::apps::video_command(arguments);
  } catch (const mien::Error& error) {
    std::fprintf(stderr, "mien: %s\n", error.what());
    return mien::apps::exit_code(error.code());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "mien: %s\n", error.what());
    return mien::apps::kExitFailed;
  }
}
