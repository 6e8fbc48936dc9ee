#include "server/http_server.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <deque>
#include <map>
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
    if (error) throw Error(ErrorCode::kIo, "cannot listen on " + address + ": " + error.message());
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

constexpr std::size_t kReserve =
    64;  ///< connections beyond the limit, for probes and token holders

/// Each connection needs one file descriptor.
void allow_open_files(std::size_t connections) {
  constexpr rlim_t kRest = 64;  // libraries, model, log
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const rlim_t needed = connections + kReserve + kRest;
  if (limit.rlim_cur >= needed) return;
  limit.rlim_cur = needed;
  if (needed > limit.rlim_max || ::setrlimit(RLIMIT_NOFILE, &limit) != 0) {
    throw Error(ErrorCode::kInvalidArgument,
                base::format("max-connections: %zu connections need %llu open files, but the "
                             "system allows %llu; raise the limit with ulimit -n",
                             connections, static_cast<unsigned long long>(needed),
                             static_cast<unsigned long long>(limit.rlim_max)));
  }
}

/// The default action of a signal does not end the first process of a container.
void end_at_next_signal() {
  for (const int signal : {SIGTERM, SIGINT})
    std::signal(signal, [](int number) { ::_exit(128 + number); });
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
    metrics.add_gauge("mien_queue_length", "Requests waiting for a worker.",
                      [this] { return static_cast<double>(queue_.waiting()); });
    metrics.add_gauge("mien_queue_capacity", "Maximum number of waiting requests.",
                      [this] { return static_cast<double>(queue_.capacity()); });
    metrics.add_gauge("mien_workers", "Worker threads.",
                      [this] { return static_cast<double>(queue_.workers()); });
    metrics.add_gauge("mien_connections", "Open connections.", [this] {
      return static_cast<double>(connections_.size() + reserve_.size());
    });
  }

  int port() const { return acceptor_port_; }
  bool draining() const { return draining_; }

  void run(const Router& router, const std::function<void(const std::string&)>& log) {
    shared_.emplace(options_, router, metrics_, queue_, log);
    net::co_spawn(io_, accept(), net::detached);
    wait_for_signal();
    io_.run();
    queue_.stop();  // after the drain timeout, a task may still use `router` and `log`
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
      socket.set_option(tcp::no_delay(true), error);
      const auto connection = std::make_shared<Connection>(std::move(socket), *shared_);
      if (make_room(connection->address())) {
        connections_.insert(connection);
        ++per_address_[connection->address()];
        net::co_spawn(io_, serve(connection, Connection::Admission::kNormal), net::detached);
      } else if (make_room_in_reserve()) {
        reserve_.push_back(connection);
        net::co_spawn(io_, serve(connection, Connection::Admission::kReserve), net::detached);
      } else {
        metrics_.count_refusal("connections");
        connection->evict();
      }
    }
  }

  net::awaitable<void> serve(std::shared_ptr<Connection> connection,
                             Connection::Admission admission) {
    try {
      co_await connection->serve(admission);
    } catch (const std::exception& error) {
      shared_->log(std::string("a connection was closed: ") + error.what());
      connection->cut();
    }
    release(connection);
    if (draining_ && connections_.empty() && reserve_.empty()) drain_limit_.cancel();
  }

  void release(const std::shared_ptr<Connection>& connection) {
    std::erase(reserve_, connection);
    if (connections_.erase(connection) == 0) return;
    const auto count = per_address_.find(connection->address());
    if (--count->second == 0) per_address_.erase(count);
  }

  /// False if neither the limits nor idle connections leave room for one more of this address.
  bool make_room(const net::ip::address& address) {
    const auto count = per_address_.find(address);
    if (count != per_address_.end() && count->second >= max_per_address_ &&
        !close_longest_idle(&address))
      return false;
    return connections_.size() < options_.max_connections || close_longest_idle(nullptr);
  }

  /// Of this address, or of all.
  bool close_longest_idle(const net::ip::address* address) {
    std::shared_ptr<Connection> longest;
    for (const auto& connection : connections_) {
      if (!connection->idle_since() || (address != nullptr && connection->address() != *address))
        continue;
      if (!longest || connection->idle_since() < longest->idle_since()) longest = connection;
    }
    if (!longest) return false;
    if (longest->has_new_request()) return close_longest_idle(address);
    metrics_.count_refusal("idle");
    release(longest);
    longest->cut();
    return true;
  }

  bool make_room_in_reserve() {
    if (reserve_.size() < kReserve) return true;
    const auto oldest = std::ranges::find_if(
        reserve_, [](const auto& connection) { return !connection->privileged(); });
    if (oldest == reserve_.end()) return false;
    const std::shared_ptr<Connection> connection = *oldest;
    metrics_.count_refusal("connections");
    reserve_.erase(oldest);
    connection->evict();
    return true;
  }

  void wait_for_signal() {
    signals_.async_wait([this](error_code error, int) {
      if (error) return;
      signals_.clear(error);
      end_at_next_signal();
      draining_ = shared_->draining = true;
      acceptor_.close(error);
      for (const auto& connection : connections_) connection->drain();
      for (const auto& connection : reserve_) connection->drain();
      drain_limit_.expires_after(options_.drain_timeout);
      drain_limit_.async_wait([this](error_code cancelled) {
        if (cancelled) return;
        for (const auto& connection : connections_) connection->cut();
        for (const auto& connection : reserve_) connection->cut();
        io_.stop();
      });
      if (connections_.empty() && reserve_.empty()) drain_limit_.cancel();
    });
  }

  const HttpOptions options_;
  Metrics& metrics_;
  const std::size_t max_per_address_ =
      options_.max_per_address != 0 ? options_.max_per_address
                                    : std::max<std::size_t>(1, options_.max_connections * 3 / 4);
  std::optional<Shared> shared_;  // before io_, whose handlers refer to it
  net::io_context io_{1};
  tcp::acceptor acceptor_;
  const int acceptor_port_ = acceptor_.local_endpoint().port();
  net::signal_set signals_;
  net::steady_timer drain_limit_;
  std::set<std::shared_ptr<Connection>> connections_;
  std::map<net::ip::address, std::size_t> per_address_;  ///< of connections_
  std::deque<std::shared_ptr<Connection>> reserve_;      ///< beyond the limit; oldest first
  std::atomic<bool> draining_ = false;
  WorkQueue queue_;  // last: its threads end before what they use is destroyed
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
