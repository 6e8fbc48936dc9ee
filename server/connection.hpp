#pragma once

#include <memory>
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

/// What all connections have in common; used by the reading thread alone.
struct Shared {
  const HttpOptions& options;
  const Router& router;
  Metrics& metrics;
  WorkQueue& queue;
  const std::function<void(const std::string&)>& log;
  std::size_t held_bytes = 0;  ///< of all bodies in memory
  bool draining = false;
};

/// One client's connection: requests one after the other. All members are called by the reading
/// thread.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(net::ip::tcp::socket socket, Shared& shared);

  /// Answers requests until either side closes.
  net::awaitable<void> serve();
  /// Answers nothing but this, whatever is asked, and closes.
  net::awaitable<void> refuse(std::string answer);
  /// Closes at once where no request is under way, else after it.
  void drain();
  /// Closes whatever is under way, and tells the worker on it, if there is one.
  void cut();

 private:
  struct Exchange;  // a request on its way

  net::awaitable<bool> wait_for_request();
  net::awaitable<bool> read_head(Exchange& exchange);
  net::awaitable<bool> read_body(Exchange& exchange);
  net::awaitable<Response> answer(Exchange& exchange);
  net::awaitable<Response> answer_in_queue(Exchange& exchange, const Route& route);
  net::awaitable<bool> write(const Exchange& exchange, Response response, bool keep);
  net::awaitable<void> close_gently();

  void set_deadline(std::chrono::milliseconds time);
  void arm();

  net::ip::tcp::socket socket_;
  net::steady_timer deadline_;
  bool timed_out_ = false;
  bool idle_ = true;
  std::stop_source stop_{std::nostopstate};  ///< of the request that a worker has
  boost::beast::flat_buffer buffer_;
  Shared& shared_;
};

}  // namespace mien::server
