#include "common/output_file.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "mien/error.hpp"

namespace mien::apps {

std::filesystem::path temporary_name(const base::Destination& destination) {
  std::filesystem::path name = destination.path;
  if (!destination.is_in_place)
    name.replace_filename("." + name.filename().string() + "." + std::to_string(::getpid()) +
                          ".part");
  return name;
}

OutputFile::OutputFile(const std::filesystem::path& path) {
  if (path.empty()) {
    file_ = stdout;
    return;
  }
  const base::Destination destination = base::destination_of(path);
  path_ = destination.path;
  temporary_ = temporary_name(destination);
  file_ = std::fopen(temporary_.c_str(), "wb");
  if (file_ == nullptr) fail(errno);
}

OutputFile::~OutputFile() {
  try {
    close();
  } catch (const Error&) {  // another error is being handled
  }
}

void OutputFile::write(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), file_) != text.size() || std::fflush(file_) != 0)
    fail(errno);
}

void OutputFile::close() {
  if (path_.empty() || file_ == nullptr) return;
  if (std::fclose(std::exchange(file_, nullptr)) != 0) fail(errno);
  if (temporary_ == path_) return;
  std::error_code error;
  std::filesystem::rename(temporary_, path_, error);
  if (error) fail(error.value());
}

bool OutputFile::is_terminal() const { return file_ != nullptr && ::isatty(::fileno(file_)) != 0; }

void OutputFile::fail(int error) const {
  const std::string name = path_.empty() ? "standard output" : path_.string();
  throw Error(ErrorCode::kIo, name + ": cannot write: " + std::strerror(error));
}

}  // namespace mien::apps
