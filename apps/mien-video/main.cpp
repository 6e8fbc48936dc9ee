#include <csignal>
#include <cstdio>
#include <string>
#include <vector>

#include "commands.hpp"
#include "common/program.hpp"

int main(int argc, char** argv) {
  // A closed pipe becomes an error of writing, so that the other outputs are closed properly.
  std::signal(SIGPIPE, SIG_IGN);
  return mien::apps::run_program("mien", [&] {
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    if (arguments == std::vector<std::string>{"--version"})
      return std::puts("mien-video " MIEN_VERSION), mien::apps::kExitOk;
    return mien::apps::video_command(arguments);
  });
}
