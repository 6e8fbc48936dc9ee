#include "result_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "base/json.hpp"
#include "base/text.hpp"
#include "mien/error.hpp"

namespace mien::apps {

ResultFile::ResultFile(std::filesystem::path path)
    : path_(std::move(path)),
      file_(::open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644)) {
  if (file_ < 0) fail("cannot open");
  try {
    if (!std::filesystem::is_regular_file(path_))
      throw Error(ErrorCode::kIo,
                  path_.string() + ": --output must be a regular file; leave it out and redirect");
    if (::flock(file_, LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK) fail("cannot lock");
      throw Error(ErrorCode::kIo, path_.string() + ": another run is writing to this file");
    }
    read();
  } catch (...) {
    ::close(file_);
    throw;
  }
}

ResultFile::~ResultFile() { ::close(file_); }

void ResultFile::read() {
  std::ifstream in(path_, std::ios::binary);
  if (!in) fail("cannot read");
  std::size_t whole = 0, number = 1;  // bytes of complete lines
  std::string line;
  for (; std::getline(in, line) && !in.eof(); ++number) {
    if (!add(line)) fail_format(number);
    whole += line.size() + 1;
  }
  if (line.empty() || !in.eof()) return;
  if (add(line)) return append("\n");  // complete but for the line feed
  constexpr std::string_view kStart = "{\"path\"";
  const std::string_view start = std::string_view(line).substr(0, kStart.size());
  if (number == 1 && !kStart.starts_with(start)) fail_format(number);
  if (::ftruncate(file_, static_cast<off_t>(whole)) != 0) fail("cannot remove the incomplete line");
}

bool ResultFile::add(const std::string& line) {
  const base::Json result = base::Json::parse(line, nullptr, false);
  if (!result.is_object()) return false;
  const auto path = result.find("path");
  if (path == result.end() || !path->is_string()) return false;
  Count& count = held_[path->get<std::string>()];
  const bool complete = result.contains("faces") && !result.contains("copy_error");
  ++(complete ? count.results : count.errors);
  return true;
}

ResultFile::Held ResultFile::take(const PhotoInput& photo) {
  const auto found = held_.find(base::to_valid_utf8(photo.path));
  if (found == held_.end()) return Held::kNo;
  Count& count = found->second;
  if (count.results > 0) return --count.results, Held::kResult;
  if (count.errors > 0) return --count.errors, Held::kError;
  return Held::kNo;
}

void ResultFile::append(std::string_view line) {
  while (!line.empty()) {
    const ssize_t put = ::write(file_, line.data(), line.size());
    if (put >= 0)
      line.remove_prefix(static_cast<std::size_t>(put));
    else if (errno != EINTR)
      fail("cannot write");
  }
}

void ResultFile::fail(const char* what) const {
  throw Error(ErrorCode::kIo, path_.string() + ": " + what + ": " + std::strerror(errno));
}

void ResultFile::fail_format(std::size_t line) const {
  throw Error(ErrorCode::kBadFormat,
              base::format("%s: line %zu is not a result of mien predict; give another file",
                           path_.c_str(), line));
}

}  // namespace mien::apps
