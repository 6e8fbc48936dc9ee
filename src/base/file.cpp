#include "base/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <functional>

#include "base/descriptor.hpp"
#include "mien/error.hpp"

namespace mien::base {
namespace {

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
  return decode_text(read_all<std::string>(path, limit));
}

Destination destination_of(const std::filesystem::path& path) {
  std::error_code ignored;
  const std::filesystem::file_status status = std::filesystem::status(path, ignored);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status))
    return {path, true};
  Destination out{path};
  constexpr int kMaxLinks = 40;  // as many as Linux follows
  for (int i = 0; i <= kMaxLinks; ++i) {
    const std::string text =
        std::filesystem::absolute(out.path, ignored).lexically_normal().string();
    if (text.starts_with("/dev/fd/") || text.starts_with("/proc/")) return {path, true};
    const std::filesystem::path next = std::filesystem::read_symlink(out.path, ignored);
    if (ignored) break;
    out.path = out.path.parent_path() / next;
  }
  return out;
}

namespace {

/// Writes all bytes; 0, or the error.
int write_all(int fd, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(fd, bytes.data(), bytes.size());
    if (put < 0 && errno != EINTR) return errno;
    if (put > 0) bytes = bytes.subspan(static_cast<std::size_t>(put));
  }
  return 0;
}

/// A new file beside `path`, removed unless renamed to it. It has no name while it is written where
/// the file system can do that (O_TMPFILE), so that a killed program leaves nothing behind.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::filesystem::path& path) : path_(path) {
    std::filesystem::path folder = path.parent_path();
    if (folder.empty()) folder = ".";
    file_.reset(::open(folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0644));
    if (file_.get() >= 0) return;
    try_names([&](const char* name) {
      file_.reset(::open(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644));
      return file_.get() >= 0;
    });
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    if (!name_.empty()) ::unlink(name_.c_str());
  }

  int descriptor() const { return file_.get(); }

  /// Flushes and takes the place of `path`.
  void replace() {
    if (::fsync(file_.get()) != 0) fail(path_, "cannot write", errno);
    if (name_.empty()) {
      const std::string self = "/proc/self/fd/" + std::to_string(file_.get());
      try_names([&](const char* name) {
        return ::linkat(AT_FDCWD, self.c_str(), AT_FDCWD, name, AT_SYMLINK_FOLLOW) == 0;
      });
    }
    if (::rename(name_.c_str(), path_.c_str()) != 0) fail(path_, "cannot write", errno);
    name_.clear();
  }

 private:
  /// Calls `create` with names until one is new.
  void try_names(const std::function<bool(const char*)>& create) {
    constexpr int kMaxTries = 100;
    for (int i = 0; i < kMaxTries; ++i) {
      const std::string name =
          path_.string() + format(".%d-%d.tmp", static_cast<int>(::getpid()), i);
      if (create(name.c_str())) {
        name_ = name;
        return;
      }
      if (errno != EEXIST) break;
    }
    fail(path_, "cannot write", errno);
  }

  std::filesystem::path path_;
  Descriptor file_;
  std::string name_;  // empty: none yet
};

}  // namespace

void write_file(const std::filesystem::path& wanted, std::span<const std::byte> bytes) {
  const auto [path, in_place] = destination_of(wanted);
  if (in_place) {
    const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    const int error = file.get() < 0 ? errno : write_all(file.get(), bytes);
    if (error != 0) fail(path, "cannot write", error);
    return;
  }
  TemporaryFile file(path);
  if (const int error = write_all(file.descriptor(), bytes)) fail(path, "cannot write", error);
  file.replace();
}

void write_file(const std::filesystem::path& path, std::string_view text) {
  write_file(path, std::as_bytes(std::span(text)));
}

}  // namespace mien::base
