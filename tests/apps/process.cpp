#include "process.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace mien::test {
namespace {

void redirect(int descriptor, const std::filesystem::path& path, int flags) {
  const int file = ::open(path.c_str(), flags, 0600);
  if (file < 0 || ::dup2(file, descriptor) < 0) ::_exit(126);
  ::close(file);
}

}  // namespace

Process::Process(const Command& command)
    : deadline_(std::chrono::steady_clock::now() + command.timeout) {
  std::string pattern = (std::filesystem::temp_directory_path() / "mien-process-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr)
    throw std::runtime_error("cannot make a temporary folder");
  scratch_ = pattern;
  std::ofstream(scratch_ / "in", std::ios::binary) << command.input;
  std::vector<std::string> words{command.program.string()};
  words.insert(words.end(), command.arguments.begin(), command.arguments.end());
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  const std::filesystem::path in = scratch_ / "in", error = scratch_ / "err",
                              out = command.output.empty() ? scratch_ / "out" : command.output;
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("cannot start a process");
  if (pid_ > 0) return;
  redirect(0, in, O_RDONLY);
  redirect(1, out, O_WRONLY | O_CREAT);
  redirect(2, error, O_WRONLY | O_CREAT);
  if (!command.folder.empty() && ::chdir(command.folder.c_str()) != 0) ::_exit(126);
  for (const auto& [name, value] : command.environment) ::setenv(name.c_str(), value.c_str(), 1);
  if (command.obeys_permissions && ::geteuid() == 0) {
    // What the bounding set lacks, a program that root starts does not get.
    for (const int capability : {CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH}) {
      if (::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0) ::_exit(126);
    }
  }
  ::execv(command.program.c_str(), pointers.data());
  ::_exit(127);
}

Process::~Process() {
  if (!ended_) {
    send(SIGKILL);
    ::waitpid(pid_, &status_, 0);
  }
  std::error_code ignored;
  std::filesystem::remove_all(scratch_, ignored);
}

void Process::send(int signal) const { ::kill(pid_, signal); }

bool Process::running() {
  if (!ended_) ended_ = ::waitpid(pid_, &status_, WNOHANG) == pid_;
  return !ended_;
}

ProcessResult Process::wait() {
  ProcessResult result;
  while (running()) {
    if (std::chrono::steady_clock::now() > deadline_ && !result.timed_out) {
      result.timed_out = true;
      send(SIGKILL);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  if (WIFEXITED(status_)) result.exit_code = WEXITSTATUS(status_);
  if (WIFSIGNALED(status_)) result.signal = WTERMSIG(status_);
  result.out = read("out");
  result.error = read("err");
  return result;
}

std::string Process::read(const std::string& name) const {
  std::ostringstream text;
  text << std::ifstream(scratch_ / name, std::ios::binary).rdbuf();
  return text.str();
}

}  // namespace mien::test
