#include "common/program.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "mien/error.hpp"

extern char** environ;

namespace mien::apps {
namespace {

[[noreturn]] void fail(const std::string& program, int error) {
  if (error == ENOENT) {
    throw Error(ErrorCode::kNotFound, "the program '" + program + "' is needed and is not installed");
  }
  throw Error(ErrorCode::kIo, "cannot run '" + program + "': " + std::strerror(error));
}

struct FileActions {
  FileActions() { ::posix_spawn_file_actions_init(&actions); }
  ~FileActions() { ::posix_spawn_file_actions_destroy(&actions); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  ::posix_spawn_file_actions_t actions;
};

}  // namespace

ProgramResult run_program(std::vector<std::string> words, std::size_t output_limit, const std::filesystem::path& input) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) fail(words[0], errno);
  FileActions files;
  ::posix_spawn_file_actions_addopen(&files.actions, STDIN_FILENO, input.c_str(), O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&files.actions, ends[1], STDOUT_FILENO);
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  ::pid_t child = 0;
  const int error = ::posix_spawnp(&child, pointers[0], &files.actions, nullptr, pointers.data(), environ);
  ::close(ends[1]);
  if (error != 0) {
    ::close(ends[0]);
    fail(words[0], error);
  }

  ProgramResult result;
  std::array<char, 65536> block{};
  for (;;) {
    const ::ssize_t count = ::read(ends[0], block.data(), block.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    result.output.append(block.data(), static_cast<std::size_t>(count));
    if (result.output.size() > output_limit) {
      result.too_long = true;
      ::kill(child, SIGKILL);
      break;
    }
  }
  ::close(ends[0]);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

}  // namespace mien::apps
