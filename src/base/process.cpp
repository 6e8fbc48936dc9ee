#include "base/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/descriptor.hpp"
#include "base/text.hpp"
#include "mien/error.hpp"

extern char** environ;

namespace mien::base {
namespace {

constexpr int kMaxWait = 20;  // ms between two looks at a program that has closed its output

[[noreturn]] void fail(const std::string& program, int error) {
  if (error == ENOENT)
    throw Error(ErrorCode::kNotFound, "program '" + program + "' not found; install it");
  throw Error(ErrorCode::kIo, "cannot run '" + program + "': " + std::strerror(error));
}

struct Pipe {
  explicit Pipe(const std::string& program) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) fail(program, errno);
    read.reset(ends[0]);
    write.reset(ends[1]);
  }
  Descriptor read, write;
};

/// A file in memory with the text, at its start. A pipe would have to be filled while the program's
/// output is read.
void fill_input(Descriptor& file, const std::string& program, std::string_view text) {
  file.reset(::memfd_create("input", MFD_CLOEXEC));
  if (file.get() < 0) fail(program, errno);
  while (!text.empty()) {
    const ::ssize_t put = ::write(file.get(), text.data(), text.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) fail(program, errno);
    text.remove_prefix(static_cast<std::size_t>(put));
  }
  if (::lseek(file.get(), 0, SEEK_SET) != 0) fail(program, errno);
}

::pid_t spawn(std::vector<std::string>& words, int input, int output, int error) {
  ::posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&files, error, STDERR_FILENO);
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  ::pid_t child = 0;
  const int failure =
      ::posix_spawnp(&child, pointers[0], &files, nullptr, pointers.data(), environ);
  ::posix_spawn_file_actions_destroy(&files);
  if (failure != 0) fail(words[0], failure);
  return child;
}

/// Reads what is there; false at the end.
bool read_some(int fd, std::string& text) {
  std::array<char, 65536> block;
  const ::ssize_t count = ::read(fd, block.data(), block.size());
  if (count > 0) text.append(block.data(), static_cast<std::size_t>(count));
  return count > 0 || (count < 0 && errno == EINTR);
}

}  // namespace

ProcessEnd run_process(std::vector<std::string> words, std::string_view input,
                       const ProcessLimits& limits) {
  const auto deadline = std::chrono::steady_clock::now() + limits.time;
  Descriptor text;
  fill_input(text, words[0], input);
  Pipe output(words[0]), error(words[0]);
  const ::pid_t child = spawn(words, text.get(), output.write.get(), error.write.get());
  output.write.close();
  error.write.close();

  ProcessEnd end;
  const auto milliseconds_left = [&] {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 1 << 30));
  };
  while (output.read.get() >= 0 || error.read.get() >= 0) {
    std::array<::pollfd, 2> files{
        {{output.read.get(), POLLIN, 0}, {error.read.get(), POLLIN, 0}}};  // poll skips -1
    const int ready = ::poll(files.data(), files.size(), milliseconds_left());
    if (ready < 0 && errno == EINTR) continue;
    end.timed_out = ready == 0;
    if (files[0].revents != 0 && !read_some(output.read.get(), end.output)) output.read.close();
    if (files[1].revents != 0 && !read_some(error.read.get(), end.error)) error.read.close();
    end.too_long = end.output.size() > limits.output || end.error.size() > limits.output;
    if (ready <= 0 || end.too_long) {
      ::kill(child, SIGKILL);
      break;
    }
  }
  // A program may close its output and go on.
  int status = 0;
  for (int wait = 1;; wait = std::min(2 * wait, kMaxWait)) {
    const ::pid_t ended = ::waitpid(child, &status, end.timed_out || end.too_long ? 0 : WNOHANG);
    if (ended == child || (ended < 0 && errno != EINTR)) break;
    if (ended < 0) continue;
    const int left = milliseconds_left();
    if (left == 0) {
      end.timed_out = true;
      ::kill(child, SIGKILL);
    } else {
      ::poll(nullptr, 0, std::min(wait, left));
    }
  }
  end.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return end;
}

}  // namespace mien::base
