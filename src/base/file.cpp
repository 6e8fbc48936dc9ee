#include "base/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>

#include "mien/error.hpp"

namespace mien::base {
namespace {

/// Closes a descriptor when it goes out of scope.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

[[noreturn]] void fail(const std::filesystem::path& path, const char* what, int error) {
  const ErrorCode code = error == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo;
  throw Error(code, path.string() + ": " + what + ": " + std::strerror(error));
}

template <class Buffer>
Buffer read_all(const std::filesystem::path& path, std::size_t limit) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) fail(path, "cannot open", errno);
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) fail(path, "cannot stat", errno);
  if (S_ISDIR(status.st_mode))
    throw Error(ErrorCode::kIo, path.string() + ": is a folder, not a file");
  Buffer buffer;
  buffer.resize(S_ISREG(status.st_mode) ? std::min<std::size_t>(status.st_size, limit) + 1 : 65536);
  std::size_t size = 0;
  for (;;) {
    if (size == buffer.size()) buffer.resize(buffer.size() * 2);
    const ssize_t got = ::read(file.get(), buffer.data() + size, buffer.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(path, "cannot read", errno);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
    if (size > limit) {
      throw Error(ErrorCode::kTooLarge,
                  path.string() + format(": larger than the limit of %zu bytes", limit));
    }
  }
  buffer.resize(size);
  return buffer;
}

}  // namespace

std::vector<std::byte> read_file(const std::filesystem::path& path, std::size_t limit) {
  return read_all<std::vector<std::byte>>(path, limit);
}

std::string read_text(const std::filesystem::path& path, std::size_t limit) {
  return read_all<std::string>(path, limit);
}

Destination destination_of(const std::filesystem::path& path) {
  std::error_code ignored;
  const std::filesystem::file_status status = std::filesystem::status(path, ignored);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status))
    return {path, true};
  Destination out{path};
  constexpr int kMostLinks = 40;  // as many as Linux follows
  for (int i = 0; i <= kMostLinks; ++i) {
    const std::string text =
        std::filesystem::absolute(out.path, ignored).lexically_normal().string();
    if (text.starts_with("/dev/fd/") || text.starts_with("/proc/")) return {path, true};
    const std::filesystem::path next = std::filesystem::read_symlink(out.path, ignored);
    if (ignored) break;
    out.path = out.path.parent_path() / next;
  }
  return out;
}

void write_file(const std::filesystem::path& wanted, std::span<const std::byte> bytes) {
  const auto [path, in_place] = destination_of(wanted);
  std::filesystem::path temporary = path;
  if (!in_place) temporary += format(".%d.tmp", static_cast<int>(::getpid()));
  const Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (file.get() < 0) fail(path, "cannot write", errno);
  int error = 0;
  for (std::size_t done = 0; done < bytes.size() && error == 0;) {
    const ssize_t put = ::write(file.get(), bytes.data() + done, bytes.size() - done);
    if (put >= 0)
      done += static_cast<std::size_t>(put);
    else if (errno != EINTR)
      error = errno;
  }
  if (error == 0 && !in_place &&
      (::fsync(file.get()) != 0 || ::rename(temporary.c_str(), path.c_str()) != 0))
    error = errno;
  if (error != 0) {
    if (!in_place) ::unlink(temporary.c_str());
    fail(path, "cannot write", error);
  }
}

void write_file(const std::filesystem::path& path, std::string_view text) {
  write_file(path, std::as_bytes(std::span(text)));
}

std::string format(const char* pattern, ...) {
  va_list arguments;
  va_start(arguments, pattern);
  va_list again;
  va_copy(again, arguments);
  const int length = std::vsnprintf(nullptr, 0, pattern, arguments);
  va_end(arguments);
  std::string text(static_cast<std::size_t>(length), '\0');
  std::vsnprintf(text.data(), text.size() + 1, pattern, again);
  va_end(again);
  return text;
}

namespace {

/// Length of the UTF-8 sequence at the start of `text`, 0 if there is none.
std::size_t utf8_length(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto continues = [&](std::size_t i) { return i < text.size() && (at(i) & 0xC0) == 0x80; };
  const unsigned char lead = at(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead < 0xE0) return continues(1) ? 2 : 0;
  if (lead >= 0xE0 && lead < 0xF0) {
    const bool overlong = lead == 0xE0 && text.size() > 1 && at(1) < 0xA0;
    const bool surrogate = lead == 0xED && text.size() > 1 && at(1) >= 0xA0;
    return continues(1) && continues(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (lead >= 0xF0 && lead < 0xF5) {
    const bool overlong = lead == 0xF0 && text.size() > 1 && at(1) < 0x90;
    const bool beyond = lead == 0xF4 && text.size() > 1 && at(1) >= 0x90;
    return continues(1) && continues(2) && continues(3) && !overlong && !beyond ? 4 : 0;
  }
  return 0;
}

}  // namespace

std::string json_quote(std::string_view text) {
  std::string out = "\"";
  for (std::size_t i = 0; i < text.size();) {
    const unsigned char c = static_cast<unsigned char>(text[i]);
    const std::size_t length = utf8_length(text.substr(i));
    if (length == 0) {
      out += "\xEF\xBF\xBD";
      ++i;
      continue;
    }
    if (c == '"' || c == '\\')
      (out += '\\') += static_cast<char>(c);
    else if (c == '\n')
      out += "\\n";
    else if (c == '\t')
      out += "\\t";
    else if (c < 0x20)
      out += format("\\u%04x", c);
    else
      out += text.substr(i, length);
    i += length;
  }
  return out += '"';
}

}  // namespace mien::base
