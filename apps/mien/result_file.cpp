#include "result_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>

#include "base/file.hpp"
#include "mien/error.hpp"

namespace mien::apps {
namespace {

constexpr std::string_view kLineStart = "{\"path\": ";

/// The path of a result, as the JSON string that stands in the line; empty where the line is no
/// result.
std::optional<std::string_view> path_of(std::string_view line) {
  if (!line.starts_with(kLineStart) || !line.ends_with('}')) return std::nullopt;
  line.remove_prefix(kLineStart.size());
  if (!line.starts_with('"')) return std::nullopt;
  for (std::size_t i = 1; i < line.size(); ++i) {
    if (line[i] == '"') return line.substr(0, i + 1);
    if (line[i] == '\\') ++i;
  }
  return std::nullopt;
}

}  // namespace

ResultFile::ResultFile(std::filesystem::path path)
    : path_(std::move(path)),
      file_(::open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644)) {
  if (file_ < 0) fail("cannot open");
  try {
    if (!std::filesystem::is_regular_file(path_)) {
      throw Error(
          ErrorCode::kIo,
          path_.string() + ": not a file that a later run could continue; leave --output out");
    }
    if (::flock(file_, LOCK_EX | LOCK_NB) != 0) {
      if (errno == EWOULDBLOCK)
        throw Error(ErrorCode::kIo, path_.string() + ": another run is writing to it");
      fail("cannot lock");
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
  std::size_t whole = 0, number = 1;  // bytes of whole lines
  std::string line;
  for (; std::getline(in, line) && !in.eof(); ++number) {
    const auto path = path_of(line);
    if (!path)
      throw Error(
          ErrorCode::kBadFormat,
          path_.string() +
              base::format(": line %zu is no result of mien predict; give another file", number));
    Count& count = held_[std::string(*path)];
    // Neither stands within a string: there a backslash would be before the quotes.
    const bool whole_result =
        line.find(", \"faces\": [", kLineStart.size() + path->size()) != std::string::npos &&
        line.find("], \"copy_error\": ") == std::string::npos;
    ++(whole_result ? count.results : count.errors);
    whole += line.size() + 1;
  }
  if (line.empty() || !in.eof()) return;
  const bool own = number > 1 || line.starts_with(kLineStart) || kLineStart.starts_with(line);
  if (!own)
    throw Error(ErrorCode::kBadFormat,
                path_.string() + " holds no results of mien predict; give another file");
  if (::ftruncate(file_, static_cast<off_t>(whole)) != 0) fail("cannot cut off half a line");
}

ResultFile::Held ResultFile::take(const PhotoInput& photo) {
  const auto found = held_.find(base::json_quote(photo.path));
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

}  // namespace mien::apps
