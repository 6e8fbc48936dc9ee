#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mien/error.hpp"

namespace mien::server {

/// The value of a Content-Type header without parameters, in lower case.
std::string media_type(std::string_view content_type);

/// One request, independent of the HTTP library.
struct Request {
  std::string method;                          ///< upper case
  std::string path;                            ///< without the query, percent escapes decoded
  std::map<std::string, std::string> query;    ///< decoded
  std::map<std::string, std::string> headers;  ///< by lower-case name
  std::string body;
  std::chrono::steady_clock::time_point arrival = {};  ///< of the last byte
  std::stop_token stop = {};  ///< stopped when nobody needs the response any more

  /// Empty if it is missing.
  std::string_view header(const std::string& lower_case_name) const;
  std::string content_type() const { return media_type(header("content-type")); }
};

/// ASCII letters only.
bool equal_ignoring_case(std::string_view a, std::string_view b);

/// "a%20b" is "a b". Throws Error kInvalidArgument for a '%' without two hexadecimal digits.
std::string percent_decoded(std::string_view text);

/// Sets path and query from the target of a request line: "/a%20b?c=d", with or without scheme and
/// host. Throws Error kInvalidArgument for anything else.
void parse_target(std::string_view target, Request& request);

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  Headers headers = {};
};

/// `{"error": {"code": …, "message": …}}`.
Response error_response(int status, std::string_view code, std::string_view message,
                        Headers headers = {});

/// HTTP status of an error in a request or an image (docs/http-api.md).
int status_of(ErrorCode code);
/// Its `code` in the response; kInvalidArgument is "bad_request".
std::string_view code_of(ErrorCode code);

/// One path and method, and how to respond.
struct Route {
  enum class Runs {
    kAtOnce,   ///< takes microseconds: runs on the I/O thread
    kInQueue,  ///< takes milliseconds: waits in the bounded queue for a worker
  };
  enum class UnderLoad { kRefuse, kServe };  ///< beyond the connection limit
  enum class Access { kOpen, kToken };       ///< kToken: requires the token, if the server has one

  std::string method;
  std::string path;
  Runs runs = Runs::kAtOnce;
  Access access = Access::kOpen;
  UnderLoad under_load = UnderLoad::kRefuse;
  std::vector<std::string> content_types =
      {};  ///< of the body; "image/*" matches a whole type; empty: the route takes no body
  /// Throws Error for a bad request, and kInterrupted after the request's `stop`; every other
  /// exception is an internal error. Thread safe.
  std::function<Response(const Request&)> respond;
};

/// Calls route.respond and turns its exceptions into error responses. `log` receives one line per
/// internal error.
Response respond_safely(const Route& route, const Request& request,
                        const std::function<void(const std::string&)>& log);

}  // namespace mien::server
