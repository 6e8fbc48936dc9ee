#pragma once

#include <chrono>
#include <csignal>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace mien::test {

/// How a program is started, without a shell.
struct Command {
  std::filesystem::path program;
  std::vector<std::string> arguments;
  std::string input;                               ///< standard input
  std::map<std::string, std::string> environment;  ///< on top of the test's own
  std::filesystem::path folder;                    ///< working directory; empty: the test's own
  std::filesystem::path
      output;  ///< file that standard output goes to, e.g. /dev/full; empty: captured
  std::chrono::seconds timeout{120};
  bool obeys_permissions =
      false;  ///< also where root runs the test: without its right to read every file
};

struct ProcessResult {
  int exit_code = -1;  ///< -1 where a signal ended it
  int signal = 0;      ///< the signal that did
  bool timed_out = false;
  std::string out;
  std::string error;
};

/// A program that is running. Its output goes to files, so that it never waits for the test.
class Process {
 public:
  explicit Process(const Command& command);
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process();  ///< kills it where it still runs

  int id() const { return pid_; }
  void send(int signal) const;
  bool running();
  /// Waits for the end; what runs over the timeout is killed.
  ProcessResult wait();

 private:
  std::string read(const std::string& name) const;

  std::filesystem::path scratch_;
  std::chrono::steady_clock::time_point deadline_;
  int pid_ = -1;
  int status_ = 0;
  bool ended_ = false;
};

inline ProcessResult run(const Command& command) { return Process(command).wait(); }

}  // namespace mien::test
