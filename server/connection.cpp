#include "server/connection.hpp"

#include <poll.h>

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http.hpp>
#include <cctype>
#include <cmath>
#include <ctime>
#include <limits>

#include "base/file.hpp"

namespace mien::server {
namespace {

namespace http = boost::beast::http;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t kHeadBytes = 16 << 10;
constexpr std::size_t kBufferBytes = 64 << 10;
constexpr std::size_t kMaxUnusedBody = 4 << 10;  // of a request to a route that takes no body
constexpr double kMinBytesPerMillisecond = 65.536;
constexpr milliseconds kLinger{2000};  // for a client that still sends when its response is ready
constexpr milliseconds kReserveTime{2000};   // for the headers of a connection in reserve
constexpr milliseconds kDrainIdle{1000};     // a load balancer may be sending a request already
constexpr milliseconds kWatchInterval{100};  // between checks whether the client is still there
constexpr int kClientClosedRequest = 499;    // nginx's status for it; in metrics only

auto into(error_code& error) { return net::redirect_error(net::use_awaitable, error); }

/// Whether the client sent something other than HTTP, as opposed to leaving.
bool is_malformed(const error_code& error) {
  static const auto* category = &make_error_code(http::error::bad_method).category();
  return error && error.category() == *category && error != http::error::end_of_stream &&
         error != http::error::partial_message;
}

std::string http_date() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char text[40];
  return {text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts)};
}

Response retry_later(int status, std::string_view code, std::string_view reason, double seconds) {
  const long wait = std::max(1L, std::lround(std::ceil(seconds)));
  return error_response(status, code, std::string(reason) + base::format("; retry in %ld s", wait),
                        {{"Retry-After", std::to_string(wait)}});
}

Response too_many_connections() {
  return retry_later(503, "too_many_connections", "too many open connections", 1);
}

Response body_too_large(std::size_t limit) {
  return error_response(413, "body_too_large",
                        base::format("the body is larger than the limit of %zu bytes", limit));
}

/// Counts the bytes of a body in the total of all requests, until it is destroyed.
class HeldBytes {
 public:
  explicit HeldBytes(std::atomic<std::size_t>& total) : total_(&total) {}
  HeldBytes(HeldBytes&& other) noexcept
      : total_(other.total_), bytes_(std::exchange(other.bytes_, 0)) {}
  HeldBytes& operator=(HeldBytes&&) = delete;
  ~HeldBytes() { *total_ -= bytes_; }

  std::size_t bytes() const { return bytes_; }
  void set(std::size_t bytes) {
    *total_ += bytes - bytes_;
    bytes_ = bytes;
  }

 private:
  std::atomic<std::size_t>* total_;
  std::size_t bytes_ = 0;
};

}  // namespace

struct Connection::Exchange {
  explicit Exchange(std::atomic<std::size_t>& held_bytes) : held(held_bytes) {
    parser.header_limit(kHeadBytes);
    parser.body_limit(std::numeric_limits<std::uint64_t>::max());  // read_body counts
  }

  void refuse(std::string reason, Response response) {
    refusal_reason = std::move(reason);
    refusal = std::move(response);
  }

  http::request_parser<http::string_body> parser;
  Request request;
  const Route* route = nullptr;
  std::size_t max_body = 0;
  std::optional<Response> refusal;  // the response without reading the request to its end
  std::string refusal_reason;       // in mien_refusals_total; empty: not counted
  HeldBytes held;
};

Connection::Connection(net::ip::tcp::socket socket, Shared& shared)
    : socket_(std::move(socket)),
      deadline_(socket_.get_executor()),
      buffer_(kBufferBytes),
      shared_(shared) {
  error_code ignored;
  address_ = socket_.remote_endpoint(ignored).address();
  if (!address_.is_v6() || address_.to_v6().is_v4_mapped()) return;
  auto bytes = address_.to_v6().to_bytes();
  std::fill(bytes.begin() + 8, bytes.end(), static_cast<unsigned char>(0));
  address_ = net::ip::address_v6(bytes);
}

net::awaitable<void> Connection::serve(Admission admission) {
  reserved_ = admission == Admission::kReserve;
  bool keep = true;
  while (keep) {
    if (!co_await wait_for_request()) break;
    Exchange exchange(shared_.held_bytes);
    if (!co_await read_head(exchange)) break;
    if (!exchange.refusal) {
      if (!co_await read_body(exchange)) break;
    }
    exchange.request.arrival = Clock::now();
    std::optional<Response> response;  // no co_await in ?: or && (GCC 12 destroys operands twice)
    if (exchange.refusal)
      response = std::move(exchange.refusal);
    else
      response = co_await respond(exchange);
    if (response && response->status == 429) exchange.refusal_reason = "busy";
    if (!exchange.refusal_reason.empty()) shared_.metrics.count_refusal(exchange.refusal_reason);
    shared_.metrics.count_request(
        exchange.route != nullptr ? exchange.route->path : "other",
        response ? response->status : kClientClosedRequest,
        std::chrono::duration<double>(Clock::now() - exchange.request.arrival).count());
    if (!response) break;
    shared_.router.allow_origin(exchange.request, *response);
    keep = exchange.parser.is_done() && exchange.parser.keep_alive() &&
           exchange.refusal_reason != "malformed" && exchange.refusal_reason != "connections" &&
           !shared_.draining && (!reserved_ || shared_.router.has_token(exchange.request));
    if (!co_await write(exchange, std::move(*response), keep)) break;
  }
  co_await close_gently();
}

void Connection::drain() {
  if (idle_since_) set_deadline(kDrainIdle);
}

void Connection::cut() {
  error_code ignored;
  idle_since_.reset();
  stop_.request_stop();
  deadline_.cancel();
  socket_.close(ignored);
}

void Connection::evict() {
  const std::string body = too_many_connections().body;
  error_code ignored;
  socket_.non_blocking(true, ignored);
  socket_.write_some(net::buffer(base::format("HTTP/1.1 503 Service Unavailable\r\nContent-Type: "
                                              "application/json\r\nRetry-After: 1\r\nConnection: "
                                              "close\r\nContent-Length: %zu\r\n\r\n",
                                              body.size()) +
                                 body),
                     ignored);
  socket_.shutdown(net::ip::tcp::socket::shutdown_send, ignored);
  cut();
}

bool Connection::has_new_request() {
  error_code error;
  if (socket_.available(error) == 0) return false;
  idle_since_.reset();
  return true;
}

/// A kept connection costs almost nothing until its next request begins.
net::awaitable<bool> Connection::wait_for_request() {
  error_code error;
  buffer_.shrink_to_fit();
  idle_since_ = Clock::now();
  if (shared_.draining) co_return false;
  if (buffer_.size() == 0) {
    const bool first_in_reserve = reserved_ && !privileged_;
    set_deadline(first_in_reserve ? kReserveTime : shared_.options.idle_timeout);
    co_await socket_.async_wait(net::ip::tcp::socket::wait_read, into(error));
    if (error && timed_out_ && first_in_reserve) evict();
  }
  idle_since_.reset();
  co_return !error;
}

net::awaitable<bool> Connection::read_head(Exchange& exchange) {
  error_code error;
  set_deadline(reserved_ && !privileged_ ? kReserveTime : shared_.options.timeout);
  co_await http::async_read_header(socket_, buffer_, exchange.parser, into(error));
  if (error && timed_out_) {
    exchange.refuse("timeout",
                    error_response(408, "timeout", "timeout: the headers did not arrive in time"));
  } else if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    exchange.refuse("headers", error_response(431, "headers_too_large",
                                              base::format("the headers are larger than the limit "
                                                           "of %zu bytes",
                                                           kHeadBytes)));
  } else if (is_malformed(error)) {
    exchange.refuse("malformed",
                    error_response(400, "bad_request", "invalid HTTP: " + error.message()));
  } else if (error) {
    co_return false;  // the client has left
  } else {
    check_head(exchange);
  }
  co_return true;
}

/// Copies the headers into the request, and refuses it if they suffice for that.
void Connection::check_head(Exchange& exchange) {
  const auto& head = exchange.parser.get();
  Request& request = exchange.request;
  request.method = std::string(head.method_string());
  for (const auto& field : head) {
    std::string name(field.name_string());
    std::ranges::transform(name, name.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    std::string& value = request.headers[name];
    value += (value.empty() ? "" : ", ") + std::string(field.value());
  }
  const auto length = exchange.parser.content_length();
  const HttpOptions& options = shared_.options;
  try {
    parse_target({head.target().data(), head.target().size()}, request);
    if (head.version() == 11 && !request.headers.contains("host"))
      throw Error(ErrorCode::kInvalidArgument, "the header 'Host' is missing");
    if (head.count(http::field::host) > 1)
      throw Error(ErrorCode::kInvalidArgument, "more than one header 'Host'");
    // With any other coding the end of the body is unknown: the rest would be read as a request
    // (RFC 9112, 6.3).
    if (request.headers.contains("transfer-encoding") &&
        !equal_ignoring_case(request.header("transfer-encoding"), "chunked")) {
      throw Error(ErrorCode::kInvalidArgument, "unsupported transfer encoding; use 'chunked'");
    }
  } catch (const Error& error) {
    return exchange.refuse("malformed", error_response(400, "bad_request", error.what()));
  }
  exchange.route = shared_.router.find(request);
  privileged_ =
      shared_.router.has_token(request) ||
      (exchange.route != nullptr && exchange.route->under_load == Route::UnderLoad::kServe);
  if (reserved_ && !privileged_) return exchange.refuse("connections", too_many_connections());
  if (auto response = shared_.router.respond_to_head(request)) {
    const int status = response->status;
    return exchange.refuse(status == 401   ? "token"
                           : status == 403 ? "origin"
                                           : "",
                           std::move(*response));
  }
  exchange.max_body =
      exchange.route->content_types.empty() ? kMaxUnusedBody : options.max_body_bytes;
  if (length && *length > exchange.max_body)
    exchange.refuse("body", body_too_large(exchange.max_body));
  else if (length && shared_.held_bytes + *length > options.max_held_bytes)
    exchange.refuse("", retry_later(429, "busy", "the server's memory for requests is full", 1));
}

net::awaitable<bool> Connection::read_body(Exchange& exchange) {
  auto& parser = exchange.parser;
  const HttpOptions& options = shared_.options;
  error_code error;
  if (!parser.is_done() && equal_ignoring_case(exchange.request.header("expect"), "100-continue")) {
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    co_await net::async_write(socket_, net::buffer(kContinue), into(error));
  }
  // Each byte extends the deadline, but it is never more than one timeout ahead: a fast start does
  // not allow a long silence.
  auto deadline = Clock::now() + options.timeout;
  while (!error && !parser.is_done()) {
    const auto now = Clock::now();
    deadline = std::min(deadline, now + options.timeout);
    set_deadline(std::chrono::duration_cast<milliseconds>(deadline - now));
    const std::size_t before = exchange.held.bytes();
    co_await http::async_read_some(socket_, buffer_, parser, into(error));
    if (error && timed_out_) {
      exchange.refuse("timeout",
                      error_response(408, "timeout", "timeout: the body did not arrive in time"));
      co_return true;
    }
    exchange.held.set(parser.get().body().size());
    const std::chrono::duration<double, std::milli> earned(
        static_cast<double>(exchange.held.bytes() - before) / kMinBytesPerMillisecond);
    deadline += std::chrono::duration_cast<Clock::duration>(earned);
    if (exchange.held.bytes() > exchange.max_body) {
      exchange.refuse("body", body_too_large(exchange.max_body));
      co_return true;
    }
    if (shared_.held_bytes > options.max_held_bytes) {
      exchange.refuse("", retry_later(429, "busy", "the server's memory for requests is full", 1));
      co_return true;
    }
  }
  if (is_malformed(error)) {
    exchange.refuse("malformed", error_response(400, "bad_request",
                                                "invalid HTTP in the body: " + error.message()));
    co_return true;
  }
  exchange.request.body = std::move(parser.get().body());
  co_return !error;
}

/// Empty if the client has left.
net::awaitable<std::optional<Response>> Connection::respond(Exchange& exchange) {
  deadline_.cancel();
  const Route& route = *exchange.route;
  if (route.runs == Route::Runs::kInQueue) co_return co_await respond_in_queue(exchange, route);
  co_return respond_safely(route, exchange.request, shared_.log);
}

net::awaitable<std::optional<Response>> Connection::respond_in_queue(Exchange& exchange,
                                                                     const Route& route) {
  // Outlives the connection if a worker has it when the client leaves.
  struct Work {
    Work(Request request, HeldBytes held, const net::any_io_executor& executor)
        : request(std::move(request)), held(std::move(held)), wake_up(executor) {}
    Request request;
    HeldBytes held;
    Response response;
    bool finished = false;  // set by the I/O thread, as it cancels the timer
    net::steady_timer wake_up;
  };
  stop_ = std::stop_source();
  Request request = exchange.request;
  request.body = std::exchange(exchange.request.body, {});
  request.stop = stop_.get_token();
  const auto work =
      std::make_shared<Work>(std::move(request), std::move(exchange.held), socket_.get_executor());
  const bool queued = shared_.queue.push(
      [work, &route, &log = shared_.log] {
        work->response = respond_safely(route, work->request, log);
        net::post(work->wake_up.get_executor(), [work] {
          work->finished = true;
          work->wake_up.cancel();
        });
      },
      stop_.get_token());
  if (!queued) {
    co_return retry_later(429, "busy", "too many requests are waiting",
                          shared_.queue.expected_wait_seconds());
  }
  const auto deadline = exchange.request.arrival + shared_.options.deadline;
  for (;;) {
    error_code ignored;
    work->wake_up.expires_at(std::min(deadline, Clock::now() + kWatchInterval));
    co_await work->wake_up.async_wait(into(ignored));
    if (work->finished) co_return std::move(work->response);
    const bool left = client_has_left();
    if (!left && Clock::now() < deadline) continue;
    stop_.request_stop();
    shared_.queue.drop_stopped();
    if (left) co_return std::nullopt;
    exchange.refusal_reason = "deadline";
    co_return retry_later(
        503, "deadline_exceeded",
        base::format("not done within %g s",
                     std::chrono::duration<double>(shared_.options.deadline).count()),
        shared_.queue.expected_wait_seconds());
  }
}

/// Also true for a client that has only closed its sending side: TCP does not tell them apart.
bool Connection::client_has_left() {
  if (!socket_.is_open()) return true;
  pollfd state{socket_.native_handle(), POLLRDHUP, 0};
  return ::poll(&state, 1, 0) > 0;
}

net::awaitable<bool> Connection::write(const Exchange& exchange, Response response, bool keep) {
  http::response<http::string_body> message;
  message.result(static_cast<unsigned>(response.status));
  message.version(exchange.parser.get().version() == 10 ? 10 : 11);
  message.set(http::field::date, http_date());
  message.set("X-Content-Type-Options", "nosniff");
  if (!response.content_type.empty()) message.set(http::field::content_type, response.content_type);
  message.set(http::field::cache_control, "no-store");
  for (const auto& [name, value] : response.headers) message.set(name, value);
  message.keep_alive(keep);
  if (response.status != 204 && response.status != 304)
    message.content_length(response.body.size());
  if (exchange.request.method != "HEAD") message.body() = std::move(response.body);
  error_code error;
  set_deadline(shared_.options.timeout);
  co_await http::async_write(socket_, message, into(error));
  co_return !error;
}

/// Without this, a client that still sends would get a reset instead of its response.
net::awaitable<void> Connection::close_gently() {
  error_code error;
  privileged_ = false;  // it has its response: in reserve, it may make room now
  socket_.shutdown(net::ip::tcp::socket::shutdown_send, error);
  set_deadline(kLinger);
  while (!error) {
    buffer_.clear();
    co_await socket_.async_read_some(buffer_.prepare(kBufferBytes), into(error));
  }
  cut();
}

void Connection::set_deadline(std::chrono::milliseconds time) {
  timed_out_ = false;
  deadline_.expires_after(std::max(time, std::chrono::milliseconds(0)));
  arm();
}

/// Cancels repeatedly, because a wait may begin between the end of one operation and its handler.
/// Ends with the socket, because its handler may already be queued when the connection ends.
void Connection::arm() {
  deadline_.async_wait([self = shared_from_this()](error_code error) {
    if (error || !self->socket_.is_open() ||
        self->deadline_.expiry() > std::chrono::steady_clock::now())
      return;
    self->timed_out_ = true;
    self->socket_.cancel(error);
    self->deadline_.expires_after(std::chrono::milliseconds(100));
    self->arm();
  });
}

}  // namespace mien::server
