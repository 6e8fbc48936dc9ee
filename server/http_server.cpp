#include "server/http_server.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <optional>
#include <set>

#include "base/file.hpp"
#include "server/connection.hpp"

namespace mien::server {
namespace {

using boost::system::error_code;
using net::ip::tcp;

tcp::acceptor listen(net::io_context& io, const HttpOptions& options) {
  error_code error;
  const std::string address = address_text(options.host, options.port);
  const auto check = [&] {
    if (error) throw Error(ErrorCode::kIo, "cannot listen at " + address + ": " + error.message());
  };
  tcp::resolver resolver(io);
  const auto found =
      resolver.resolve(options.host, std::to_string(options.port), tcp::resolver::passive, error);
  check();
  const tcp::endpoint endpoint = found.begin()->endpoint();
  tcp::acceptor acceptor(io);
  acceptor.open(endpoint.protocol(), error);
  check();
  acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  acceptor.bind(endpoint, error);
  check();
  acceptor.listen(net::socket_base::max_listen_connections, error);
  check();
  return acceptor;
}

constexpr std::size_t kMostRefused =
    64;  ///< connections beyond the limit that are given time to read why

/// Each connection is a file; what else is open fits in the rest.
void allow_open_files(std::size_t connections) {
  constexpr rlim_t kRest = 64;
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const rlim_t wanted = connections + kMostRefused + kRest;
  if (limit.rlim_cur >= wanted) return;
  limit.rlim_cur = wanted;
  if (wanted > limit.rlim_max || ::setrlimit(RLIMIT_NOFILE, &limit) != 0) {
    throw Error(ErrorCode::kInvalidArgument,
                base::format("%zu connections need %llu open files, and the system allows this "
                             "process %llu (ulimit -n)",
                             connections, static_cast<unsigned long long>(wanted),
                             static_cast<unsigned long long>(limit.rlim_max)));
  }
}

/// Also as the first process of a container, whom the system's own way with a signal does not end.
void end_at_next_signal() {
  for (const int signal : {SIGTERM, SIGINT})
    std::signal(signal, [](int number) { ::_exit(128 + number); });
}

std::string too_many_connections() {
  const std::string body =
      error_response(503, "too_many_connections",
                     "as many connections are open as may be: try again in a moment")
          .body;
  return base::format(
      "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nRetry-After: 1\r\n"
      "Connection: close\r\nContent-Length: %zu\r\n\r\n%s",
      body.size(), body.c_str());
}

}  // namespace

std::string address_text(const std::string& host, int port) {
  return (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" +
         std::to_string(port);
}

class HttpServer::Impl {
 public:
  Impl(const HttpOptions& options, Metrics& metrics)
      : options_(options),
        metrics_(metrics),
        acceptor_(listen(io_, options)),
        signals_(io_, SIGTERM, SIGINT),
        drain_limit_(io_),
        queue_(options.workers, options.queue) {
    allow_open_files(options.max_connections);
    metrics.add_gauge("mien_queue_length", "Requests that wait for a worker.",
                      [this] { return static_cast<double>(queue_.waiting()); });
    metrics.add_gauge("mien_queue_capacity", "Requests that may wait; more are refused.",
                      [this] { return static_cast<double>(queue_.capacity()); });
    metrics.add_gauge("mien_workers", "Threads that analyze.",
                      [this] { return static_cast<double>(queue_.workers()); });
    metrics.add_gauge("mien_connections", "Open connections.",
                      [this] { return static_cast<double>(connections_.size()); });
  }

  int port() const { return acceptor_port_; }
  bool draining() const { return draining_; }

  void run(const Router& router, const std::function<void(const std::string&)>& log) {
    shared_.emplace(Shared{options_, router, metrics_, queue_, log});
    net::co_spawn(io_, accept(), net::detached);
    wait_for_signal();
    io_.run();
    queue_.stop();  // after the limit of draining a task may still be at its last picture; it uses
                    // `router` and `log`
  }

 private:
  net::awaitable<void> accept() {
    for (;;) {
      error_code error;
      tcp::socket socket =
          co_await acceptor_.async_accept(net::redirect_error(net::use_awaitable, error));
      if (draining_) co_return;
      if (error) {  // out of descriptors, or the client has gone already
        net::steady_timer pause(io_, std::chrono::milliseconds(50));
        co_await pause.async_wait(net::redirect_error(net::use_awaitable, error));
        continue;
      }
      if (connections_.size() >= options_.max_connections) {
        metrics_.count_refusal("connections");
        if (refused_.size() < kMostRefused)
          net::co_spawn(io_, refuse(std::make_shared<Connection>(std::move(socket), *shared_)),
                        net::detached);
        else
          refuse_at_once(std::move(socket));
        continue;
      }
      socket.set_option(tcp::no_delay(true), error);
      net::co_spawn(io_, serve(std::make_shared<Connection>(std::move(socket), *shared_)),
                    net::detached);
    }
  }

  net::awaitable<void> serve(std::shared_ptr<Connection> connection) {
    connections_.insert(connection);
    try {
      co_await connection->serve();
    } catch (const std::exception& error) {
      shared_->log(std::string("a connection was closed: ") + error.what());
      connection->cut();
    }
    connections_.erase(connection);
    finish_drain();
  }

  net::awaitable<void> refuse(std::shared_ptr<Connection> connection) {
    refused_.insert(connection);
    try {
      co_await connection->refuse(too_many_connections());
    } catch (const std::exception&) {
      connection->cut();
    }
    refused_.erase(connection);
  }

  /// As far as the socket takes it: a client that still sends may see a reset instead.
  static void refuse_at_once(tcp::socket socket) {
    error_code ignored;
    socket.non_blocking(true, ignored);
    socket.write_some(net::buffer(too_many_connections()), ignored);
    socket.shutdown(tcp::socket::shutdown_send, ignored);
  }

  void wait_for_signal() {
    signals_.async_wait([this](error_code error, int) {
      if (error) return;
      signals_.clear(error);
      end_at_next_signal();
      draining_ = shared_->draining = true;
      acceptor_.close(error);
      for (const auto& connection : std::set(connections_)) connection->drain();
      for (const auto& connection : std::set(refused_)) connection->cut();
      drain_limit_.expires_after(options_.drain_timeout);
      drain_limit_.async_wait([this](error_code cancelled) {
        if (cancelled) return;
        for (const auto& connection : std::set(connections_)) connection->cut();
        io_.stop();  // what is still queued has nobody left to answer
      });
      finish_drain();
    });
  }

  void finish_drain() {
    if (!draining_ || !connections_.empty()) return;
    drain_limit_.cancel();
  }

  const HttpOptions options_;
  Metrics& metrics_;
  std::optional<Shared> shared_;  // before io_: what waits there refers to it
  net::io_context io_{1};
  tcp::acceptor acceptor_;
  const int acceptor_port_ = acceptor_.local_endpoint().port();
  net::signal_set signals_;
  net::steady_timer drain_limit_;
  std::set<std::shared_ptr<Connection>> connections_;
  std::set<std::shared_ptr<Connection>> refused_;  ///< beyond the limit: they are told so
  std::atomic<bool> draining_ = false;
  WorkQueue queue_;  // last: its threads end before what they use
};

HttpServer::HttpServer(const HttpOptions& options, Metrics& metrics)
    : impl_(std::make_unique<Impl>(options, metrics)) {}
HttpServer::~HttpServer() = default;
int HttpServer::port() const { return impl_->port(); }
bool HttpServer::draining() const { return impl_->draining(); }
void HttpServer::run(const Router& router, const std::function<void(const std::string&)>& log) {
  impl_->run(router, log);
}

}  // namespace mien::server
