#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <utility>  // before awaitable.hpp, which in Boost 1.74 needs it and does not include it

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include "server/http_server.hpp"
#include "server/work_queue.hpp"

/// For http_server.cpp and connection.cpp only.
namespace mien::server {

namespace net = boost::asio;

/// State of all connections. Only the I/O thread uses it, except `held_bytes`.
struct Shared {
  const HttpOptions& options;
  const Router& router;
  Metrics& metrics;
  WorkQueue& queue;
  const std::function<void(const std::string&)>& log;
  std::atomic<std::size_t> held_bytes = 0;  ///< of all bodies in memory
  bool draining = false;
};

/// One client's connection, which handles one request after the other. The I/O thread calls all
/// members.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  /// Beyond the connection limit, a few connections are kept in reserve: only probes and holders of
  /// the token get a response other than 503 there.
  enum class Admission { kNormal, kReserve };

  Connection(net::ip::tcp::socket socket, Shared& shared);

  /// Handles requests until either side closes.
  net::awaitable<void> serve(Admission admission);
  /// Closes soon if no request is in progress, otherwise after it.
  void drain();
  /// Closes immediately, and stops the work for the request in progress.
  void cut();
  /// In reserve: responds 503 as far as the socket takes it, and closes.
  void evict();

  /// The client's address; of IPv6 the network of 64 bits that one client usually has.
  const net::ip::address& address() const { return address_; }
  /// Since when no request is in progress; empty if one is.
  std::optional<std::chrono::steady_clock::time_point> idle_since() const { return idle_since_; }
  /// Whether a request has begun to arrive on an idle connection, which then is not idle any more.
  bool has_new_request();
  /// In reserve: whether the request has shown that it may stay.
  bool privileged() const { return privileged_; }

 private:
  struct Exchange;  // a request in progress

  net::awaitable<bool> wait_for_request();
  net::awaitable<bool> read_head(Exchange& exchange);
  net::awaitable<bool> read_body(Exchange& exchange);
  net::awaitable<std::optional<Response>> respond(Exchange& exchange);
  net::awaitable<std::optional<Response>> respond_in_queue(Exchange& exchange, const Route& route);
  net::awaitable<bool> write(const Exchange& exchange, Response response, bool keep);
  net::awaitable<void> close_gently();

  void check_head(Exchange& exchange);
  bool client_has_left();
  void set_deadline(std::chrono::milliseconds time);
  void arm();

  net::ip::tcp::socket socket_;
  net::ip::address address_;
  net::steady_timer deadline_;
  bool timed_out_ = false;
  bool reserved_ = false;
  bool privileged_ = false;
  std::optional<std::chrono::steady_clock::time_point> idle_since_ =
      std::chrono::steady_clock::now();
  std::stop_source stop_{std::nostopstate};  ///< of the request in the queue
  boost::beast::flat_buffer buffer_;
  Shared& shared_;
};

}  // namespace mien::server
