#include "launch.hpp"

#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <thread>
#include <vector>

#include "common/interrupt.hpp"
#include "mien/error.hpp"

namespace mien::apps {
namespace {

/// After a worker failed, in which the others may report it and exit.
constexpr std::chrono::seconds kGracePeriod{20};

/// A port that is free now.
int free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  const bool bound = socket >= 0 &&
                     ::bind(socket, reinterpret_cast<sockaddr*>(&address), length) == 0 &&
                     ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &length) == 0;
  if (socket >= 0) ::close(socket);
  if (!bound) throw Error(ErrorCode::kIo, "--nproc: no free port on 127.0.0.1");
  return ntohs(address.sin_port);
}

pid_t start_worker(int rank, int count, int port, std::span<const std::string> arguments) {
  std::vector<std::string> words{"mien-train", "train"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  const pid_t child = ::fork();
  if (child < 0) throw Error(ErrorCode::kIo, "--nproc: cannot start a worker");
  if (child > 0) return child;
  const auto set = [](const char* name, const std::string& value) {
    ::setenv(name, value.c_str(), 1);
  };
  ::setpgid(0, 0);  // Ctrl-C reaches only the launcher, which forwards it once
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  set("RANK", std::to_string(rank));
  set("LOCAL_RANK", std::to_string(rank));
  set("WORLD_SIZE", std::to_string(count));
  set("LOCAL_WORLD_SIZE", std::to_string(count));
  set("MASTER_ADDR", "127.0.0.1");
  set("MASTER_PORT", std::to_string(port));
  ::execv("/proc/self/exe", pointers.data());
  ::_exit(127);
}

int exit_code_of(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

int launch_workers(int count, std::span<const std::string> arguments) {
  const int port = free_port();
  std::map<pid_t, int> running;  // rank by process
  for (int rank = 0; rank < count; ++rank)
    running[start_worker(rank, count, port, arguments)] = rank;
  const Interrupt interrupt;
  const auto send = [&](int signal) {
    for (const auto& [process, rank] : running) ::kill(process, signal);
  };
  int result = 0;
  bool interrupted = false;
  std::chrono::steady_clock::time_point failed_at;
  while (!running.empty()) {
    int status = 0;
    const pid_t ended = ::waitpid(-1, &status, WNOHANG);
    if (ended > 0) {
      const int code = exit_code_of(status);
      if (code != 0 && result == 0) {
        std::fprintf(stderr, "mien-train: worker %d of %d ended with %s %d\n", running[ended],
                     count, WIFSIGNALED(status) ? "signal" : "exit code",
                     WIFSIGNALED(status) ? WTERMSIG(status) : code);
        result = code;
        failed_at = std::chrono::steady_clock::now();
      }
      running.erase(ended);
      continue;
    }
    if (Interrupt::requested() && !interrupted) {
      send(SIGTERM);
      interrupted = true;
    }
    if (result != 0 && std::chrono::steady_clock::now() - failed_at > kGracePeriod) send(SIGKILL);
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return result;
}

}  // namespace mien::apps
