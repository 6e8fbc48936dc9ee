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
  int port = 8080;                     ///< 0: any that is free
  int workers = 1;                     ///< threads for Route::Runs::kInQueue
  std::size_t queue = 64;              ///< requests that may wait for a worker; beyond: 429
  std::size_t max_connections = 1000;  ///< beyond: 503
  std::size_t max_body_bytes = std::size_t{32} << 20;   ///< of one request; beyond: 413
  std::size_t max_held_bytes = std::size_t{256} << 20;  ///< of all bodies in memory; beyond: 429
  std::chrono::milliseconds timeout{15'000};  ///< for a request's head, for a silence in a body or
                                              ///< its lag behind 64 KiB/s, for taking the answer
  std::chrono::milliseconds idle_timeout{75'000};   ///< of a kept connection without a request
  std::chrono::milliseconds drain_timeout{30'000};  ///< what is then still under way is cut off
};

/// As it stands in a URL: "127.0.0.1:8080", "[::1]:8080".
std::string address_text(const std::string& host, int port);

/// An HTTP/1.1 server: one thread reads and writes all connections, workers answer what takes time.
/// Nothing that a client does holds a thread, and every wait has an end.
class HttpServer {
 public:
  /// Listens from now on. Throws Error kIo naming the address where that cannot be, and
  /// kInvalidArgument for more connections than the system lets this process open.
  HttpServer(const HttpOptions& options, Metrics& metrics);
  ~HttpServer();

  int port() const;
  /// Told to stop: no new connections, what is under way is answered.
  bool draining() const;

  /// Answers until SIGTERM or SIGINT and what was then under way is done; a second signal ends the
  /// process at once, with 128 and its number. `log` takes one line for each fault of a handler.
  /// Call it once.
  void run(const Router& router, const std::function<void(const std::string&)>& log);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace mien::server
