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

/// One request as handlers see it: nothing of the HTTP library shows.
struct Request {
  std::string method;                          ///< upper case
  std::string path;                            ///< without the query, percent escapes decoded
  std::map<std::string, std::string> query;    ///< decoded
  std::map<std::string, std::string> headers;  ///< by lower-case name
  std::string body;
  std::chrono::steady_clock::time_point arrival = {};  ///< of its last byte
  std::stop_token stop = {};  ///< stopped when the server cuts the connection off

  /// Empty where it is missing.
  std::string_view header(const std::string& lower_case_name) const;
  /// The content type without parameters, in lower case.
  std::string content_type() const;
};

/// The same but for the case of their letters (A to Z).
bool equal_ignoring_case(std::string_view a, std::string_view b);

/// Sets path and query of a request line's target: "/a%20b?c=d", or with scheme and host before it.
/// Throws Error kInvalidArgument for anything else.
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

/// The status of docs/http-api.md for what went wrong with a request or a picture.
int status_of(ErrorCode code);
/// The same for the code; kInvalidArgument is "bad_request".
std::string_view code_of(ErrorCode code);

/// What the server answers under one path and method.
struct Route {
  enum class Runs {
    kAtOnce,   ///< takes microseconds: answered by the thread that reads all connections
    kInQueue,  ///< takes milliseconds: waits in the bounded queue for a worker
  };
  enum class Access { kOpen, kToken };  ///< kToken: needs the token where the server has one

  std::string method;
  std::string path;
  Runs runs = Runs::kAtOnce;
  Access access = Access::kOpen;
  std::vector<std::string> content_types =
      {};  ///< of the body; "image/*" for all of a kind; empty: no body is wanted
  /// Throws Error for a bad request, kInterrupted where the request's `stop` tells; every other
  /// exception is the server's fault. Called from several threads at once.
  std::function<Response(const Request&)> answer;
};

/// What the route answers; its exceptions become error responses. `log` takes a line for each that
/// is the server's fault.
Response answer_safely(const Route& route, const Request& request,
                       const std::function<void(const std::string&)>& log);

}  // namespace mien::server
