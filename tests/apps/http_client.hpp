#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "process.hpp"
#include "support.hpp"

namespace mien::test {

struct HttpAnswer {
  int status = 0;
  std::map<std::string, std::string> headers;  ///< by lower-case name
  std::string body;
};

/// A plain socket, which sends exactly what the test says, well-formed or not. Nothing waits
/// longer than 20 s.
class HttpConnection {
 public:
  explicit HttpConnection(int port);
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;
  HttpConnection(HttpConnection&& other) noexcept;
  ~HttpConnection();

  static bool possible(int port);  ///< false if no server listens

  bool send(std::string_view bytes);  ///< false if the other side has closed
  void finish_sending();
  /// The next answer; empty if the connection ends before it is complete. `head`: of a HEAD
  /// request, without a body.
  std::optional<HttpAnswer> receive(bool head = false);
  std::optional<HttpAnswer> ask(std::string_view request) {
    return send(request) ? receive() : std::nullopt;
  }
  /// Whether the other side closes without another byte.
  bool closed();

 private:
  bool read_more();
  int socket_ = -1;
  std::string buffer_;
};

/// "POST /v1/analyze HTTP/1.1", Host, Content-Length and `headers` (lines without their ends), then
/// `body`.
std::string http_request(const std::string& method, const std::string& target,
                         const std::vector<std::string>& headers = {}, std::string_view body = {});
std::string image_request(std::string_view image, const std::vector<std::string>& more_headers = {},
                          const std::string& target = "/v1/analyze");
/// The body of a form with these files, and its Content-Type header.
std::string form_request(const std::vector<std::pair<std::string, std::string>>& files,
                         const std::string& target = "/v1/analyze");

/// `mien serve` at a port of its own.
class Server {
 public:
  explicit Server(std::vector<std::string> options = {});
  int port() const { return port_; }
  HttpConnection connect() const { return HttpConnection(port_); }
  /// One request on a connection of its own. Throws if there is none.
  HttpAnswer ask(const std::string& request) const;
  HttpAnswer get(const std::string& target) const { return ask(http_request("GET", target)); }
  /// A number of /metrics; 0 if it is missing.
  double metric(const std::string& name_and_labels) const;
  void send(int signal) const { process_.send(signal); }
  ProcessResult wait() { return process_.wait(); }
  std::string printed() const;
  const std::filesystem::path& folder() const {
    return folder_.path();
  }  ///< its working directory, and its TMPDIR

 private:
  TemporaryDir folder_, output_;
  Process process_;
  int port_ = 0;
};

/// Waits until `condition` holds, at most 20 s.
template <class Condition>
bool eventually(Condition condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

}  // namespace mien::test
