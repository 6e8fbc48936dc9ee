#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace mien {

/// What went wrong, for programs; the message of the exception says it to people.
enum class ErrorCode {
  kInvalidArgument,  ///< an option or argument out of its range
  kNotFound,         ///< a file, model or detector that is not there
  kIo,               ///< reading or writing failed (permissions, disk)
  kBadFormat,        ///< bytes that are not what they claim to be
  kUnsupported,      ///< valid, but more than this build can do (an operator, an image type)
  kTooLarge,         ///< over a limit that protects memory
  kInterrupted,      ///< stopped on request
};

/// Short stable name, e.g. "bad_format"; used in JSON.
std::string_view to_string(ErrorCode code);

/// The one exception that the library throws, but for std::bad_alloc. The message names the file,
/// field or node and what to do.
class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  ErrorCode code() const { return code_; }

 private:
  ErrorCode code_;
};

}  // namespace mien
