#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "server/metrics.hpp"
#include "server/router.hpp"

namespace mien::server {

struct HttpOptions {
  std::string host = "127.0.0.1";
  int port = 8080;                     ///< 0: any free port
  int workers = 1;                     ///< threads for Route::Runs::kInQueue
  std::size_t queue = 64;              ///< requests that may wait for a worker; beyond: 429
  std::size_t max_connections = 1000;  ///< beyond: the longest idle one is closed, or 503
  std::size_t max_per_address = 0;     ///< connections of one client; 0: 3/4 of max_connections
  std::size_t max_body_bytes = std::size_t{32} << 20;   ///< per request; beyond: 413
  std::size_t max_held_bytes = std::size_t{256} << 20;  ///< of all bodies in memory; beyond: 429
  std::chrono::milliseconds timeout{15'000};   ///< for the headers, for a pause in the body or its
                                               ///< lag behind 64 KiB/s, for reading the response
  std::chrono::milliseconds deadline{60'000};  ///< from the complete request to its response
  std::chrono::milliseconds idle_timeout{75'000};   ///< between two requests
  std::chrono::milliseconds drain_timeout{30'000};  ///< after SIGTERM, for requests in progress
};

/// As part of a URL: "127.0.0.1:8080", "[::1]:8080".
std::string address_text(const std::string& host, int port);

/// An HTTP/1.1 server: one thread does the I/O of all connections, workers do what takes time. No
/// client can block a thread, and every wait has a deadline.
class HttpServer {
 public:
  /// Starts to listen. Throws Error kIo naming the address if it fails, and kInvalidArgument for
  /// more connections than the system allows this process.
  HttpServer(const HttpOptions& options, Metrics& metrics);
  ~HttpServer();

  int port() const;
  /// Whether it is stopping: requests in progress are finished, new connections are refused.
  bool draining() const;

  /// Handles requests until SIGTERM or SIGINT, and then finishes those in progress. A second signal
  /// ends the process immediately, with exit code 128 + its number. `log` receives one line for
  /// each internal error. Call it once.
  void run(const Router& router, const std::function<void(const std::string&)>& log);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace mien::server
