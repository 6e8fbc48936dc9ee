#pragma once

#include <stdlib.h>

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

namespace mien::test {

/// A file or folder of the optional data folder (MIEN_SHARED, else ../shared beside the sources);
/// empty where it is missing: the test then skips.
inline std::optional<std::filesystem::path> shared_path(const std::string& relative) {
  const char* variable = std::getenv("MIEN_SHARED");
  const std::filesystem::path root = variable != nullptr
                                         ? std::filesystem::path(variable)
                                         : std::filesystem::path(MIEN_SOURCE_DIR) / ".." / "shared";
  if (!std::filesystem::exists(root / relative)) return std::nullopt;
  return root / relative;
}

/// A Python with onnxruntime and numpy to compare with (MIEN_PYTHON); empty where there is none:
/// the test then skips.
inline std::optional<std::string> peer_python() {
  const char* variable = std::getenv("MIEN_PYTHON");
  if (variable == nullptr || *variable == 0) return std::nullopt;
  return variable;
}

/// A folder of the test's own, removed at its end.
class TemporaryDir {
 public:
  TemporaryDir() {
    std::string pattern = (std::filesystem::temp_directory_path() / "mien-test-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  TemporaryDir(const TemporaryDir&) = delete;
  TemporaryDir& operator=(const TemporaryDir&) = delete;
  ~TemporaryDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

/// A variable of the environment with another value while it lives.
class ScopedVariable {
 public:
  ScopedVariable(std::string name, const std::string& value) : name_(std::move(name)) {
    if (const char* before = std::getenv(name_.c_str())) before_ = before;
    ::setenv(name_.c_str(), value.c_str(), 1);
  }
  ScopedVariable(const ScopedVariable&) = delete;
  ScopedVariable& operator=(const ScopedVariable&) = delete;
  ~ScopedVariable() {
    before_ ? ::setenv(name_.c_str(), before_->c_str(), 1) : ::unsetenv(name_.c_str());
  }

 private:
  std::string name_;
  std::optional<std::string> before_;
};

}  // namespace mien::test
