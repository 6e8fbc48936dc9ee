#include "server/connection.hpp"

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

constexpr std::size_t kHeadBytes = 16 << 10;
constexpr std::size_t kBufferBytes = 64 << 10;
constexpr double kSlowestBytesPerMillisecond = 65.536;
constexpr std::chrono::milliseconds kLinger{
    2000};  // for a client that still sends while its answer is there already

auto into(error_code& error) { return net::redirect_error(net::use_awaitable, error); }

/// The client sent what is no HTTP, rather than going away.
bool is_malformed(const error_code& error) {
  static const auto& category = make_error_code(http::error::bad_method).category();
  return error && error.category() == category && error != http::error::end_of_stream &&
         error != http::error::partial_message;
}

std::string http_date() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char text[40];
  return {text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts)};
}

Response busy(double seconds, std::string_view what) {
  return error_response(
      429, "busy", std::string(what) + ": try again later",
      {{"Retry-After", std::to_string(std::max(1L, std::lround(std::ceil(seconds))))}});
}

}  // namespace

struct Connection::Exchange {
  explicit Exchange(std::size_t& held_bytes) : held_in_all(held_bytes) {
    parser.header_limit(kHeadBytes);
    parser.body_limit(std::numeric_limits<std::uint64_t>::max());  // read_body counts
  }
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  ~Exchange() { held_in_all -= held; }

  void hold(std::size_t bytes) {
    held_in_all += bytes - held;
    held = bytes;
  }

  http::request_parser<http::string_body> parser;
  Request request;
  std::optional<Response> refusal;  // the answer without the request having been read to its end
  std::string refusal_reason;
  std::size_t& held_in_all;
  std::size_t held = 0;
};

Connection::Connection(net::ip::tcp::socket socket, Shared& shared)
    : socket_(std::move(socket)),
      deadline_(socket_.get_executor()),
      buffer_(kBufferBytes),
      shared_(shared) {}

net::awaitable<void> Connection::serve() {
  bool keep = true;
  while (keep) {
    if (!co_await wait_for_request()) break;
    Exchange exchange(shared_.held_bytes);
    if (!co_await read_head(exchange)) break;
    if (!exchange.refusal) {
      if (!co_await read_body(exchange)) break;
    }
    exchange.request.arrival = std::chrono::steady_clock::now();
    Response response;  // no co_await within ?: or && (GCC 12 destroys its operands twice)
    if (exchange.refusal)
      response = std::move(*exchange.refusal);
    else
      response = co_await answer(exchange);
    const Route* route = shared_.router.find(exchange.request);
    if (response.status == 429) exchange.refusal_reason = "busy";
    if (!exchange.refusal_reason.empty()) shared_.metrics.count_refusal(exchange.refusal_reason);
    shared_.metrics.count_request(
        route != nullptr ? route->path : "other", response.status,
        std::chrono::duration<double>(std::chrono::steady_clock::now() - exchange.request.arrival)
            .count());
    shared_.router.allow_origin(exchange.request, response);
    keep = exchange.parser.is_done() && exchange.parser.keep_alive() &&
           exchange.refusal_reason != "malformed" && !shared_.draining;
    if (!co_await write(exchange, std::move(response), keep)) break;
  }
  co_await close_gently();
}

net::awaitable<void> Connection::refuse(std::string answer) {
  error_code error;
  set_deadline(kLinger);
  co_await net::async_write(socket_, net::buffer(answer), into(error));
  co_await close_gently();
}

void Connection::drain() {
  if (idle_) cut();
}

void Connection::cut() {
  error_code ignored;
  stop_.request_stop();
  deadline_.cancel();
  socket_.close(ignored);
}

/// A kept connection costs next to nothing until its next request begins.
net::awaitable<bool> Connection::wait_for_request() {
  error_code error;
  buffer_.shrink_to_fit();
  idle_ = true;
  if (shared_.draining) co_return false;
  if (buffer_.size() == 0) {
    set_deadline(shared_.options.idle_timeout);
    co_await socket_.async_wait(net::ip::tcp::socket::wait_read, into(error));
  }
  idle_ = false;
  co_return !error;
}

net::awaitable<bool> Connection::read_head(Exchange& exchange) {
  error_code error;
  set_deadline(shared_.options.timeout);
  co_await http::async_read_header(socket_, buffer_, exchange.parser, into(error));
  const auto refuse = [&](std::string reason, Response response) {
    exchange.refusal_reason = std::move(reason);
    exchange.refusal = std::move(response);
  };
  if (error && timed_out_) {
    refuse("timeout",
           error_response(408, "timeout", "the request's headers did not arrive in time"));
  } else if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    refuse("headers",
           error_response(431, "headers_too_large",
                          base::format("the headers are over the limit of %zu bytes", kHeadBytes)));
  } else if (is_malformed(error)) {
    refuse("malformed",
           error_response(400, "bad_request", "this is not HTTP/1.1: " + error.message()));
  } else if (error) {
    co_return false;  // the client has gone
  }
  if (exchange.refusal) co_return true;

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
    if (head.version() == 11 && !request.headers.contains("host")) {
      throw Error(ErrorCode::kInvalidArgument, "the header 'Host' is missing");
    }
    if (head.count(http::field::host) > 1)
      throw Error(ErrorCode::kInvalidArgument, "the header 'Host' stands there twice");
    // Of a body in any other coding the end is unknown: what follows would be read as a request
    // (RFC 9112, 6.3).
    if (request.headers.contains("transfer-encoding") &&
        !equal_ignoring_case(request.header("transfer-encoding"), "chunked")) {
      throw Error(ErrorCode::kInvalidArgument, "the transfer encoding is not 'chunked'");
    }
    if (auto response = shared_.router.answer_head(request)) {
      refuse(response->status == 401   ? "token"
             : response->status == 403 ? "origin"
                                       : "",
             std::move(*response));
    } else if (length && *length > options.max_body_bytes) {
      refuse("body",
             error_response(413, "body_too_large",
                            base::format("the body has more than the %zu bytes that are allowed",
                                         options.max_body_bytes)));
    } else if (length && shared_.held_bytes + *length > options.max_held_bytes) {
      refuse("", busy(1, "the server holds as many bytes as it may"));
    }
  } catch (const Error& error) {
    refuse("malformed", error_response(400, "bad_request", error.what()));
  }
  co_return true;
}

net::awaitable<bool> Connection::read_body(Exchange& exchange) {
  auto& parser = exchange.parser;
  const HttpOptions& options = shared_.options;
  error_code error;
  if (!parser.is_done() && equal_ignoring_case(exchange.request.header("expect"), "100-continue")) {
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    co_await net::async_write(socket_, net::buffer(kContinue), into(error));
  }
  // What arrives earns time, but never more than one timeout ahead: who was fast may not be silent
  // for long.
  auto deadline = std::chrono::steady_clock::now() + options.timeout;
  while (!error && !parser.is_done()) {
    const auto now = std::chrono::steady_clock::now();
    deadline = std::min(deadline, now + options.timeout);
    set_deadline(std::chrono::duration_cast<std::chrono::milliseconds>(deadline - now));
    const std::size_t before = exchange.held;
    co_await http::async_read_some(socket_, buffer_, parser, into(error));
    if (error && timed_out_) {
      exchange.refusal_reason = "timeout";
      exchange.refusal =
          error_response(408, "timeout", "the request's body did not arrive in time");
      co_return true;
    }
    exchange.hold(parser.get().body().size());
    const std::chrono::duration<double, std::milli> earned(
        static_cast<double>(exchange.held - before) / kSlowestBytesPerMillisecond);
    deadline += std::chrono::duration_cast<std::chrono::steady_clock::duration>(earned);
    if (exchange.held > options.max_body_bytes) {
      exchange.refusal_reason = "body";
      exchange.refusal =
          error_response(413, "body_too_large",
                         base::format("the body has more than the %zu bytes that are allowed",
                                      options.max_body_bytes));
      co_return true;
    }
    if (shared_.held_bytes > options.max_held_bytes) {
      exchange.refusal = busy(1, "the server holds as many bytes as it may");
      co_return true;
    }
  }
  if (is_malformed(error)) {
    exchange.refusal_reason = "malformed";
    exchange.refusal =
        error_response(400, "bad_request", "the body is not HTTP/1.1: " + error.message());
    co_return true;
  }
  exchange.request.body = std::move(parser.get().body());
  co_return !error;
}

net::awaitable<Response> Connection::answer(Exchange& exchange) {
  deadline_.cancel();
  const Route& route = *shared_.router.find(exchange.request);
  if (route.runs == Route::Runs::kInQueue) co_return co_await answer_in_queue(exchange, route);
  co_return answer_safely(route, exchange.request, shared_.log);
}

net::awaitable<Response> Connection::answer_in_queue(Exchange& exchange, const Route& route) {
  struct Work {
    Work(Request request, const net::any_io_executor& executor)
        : request(std::move(request)), done(executor, net::steady_timer::time_point::max()) {}
    Request request;
    Response response;
    net::steady_timer done;  // never expires: it is cancelled when the response is there
  };
  stop_ = std::stop_source();
  exchange.request.stop = stop_.get_token();
  const auto work = std::make_shared<Work>(std::move(exchange.request), socket_.get_executor());
  const bool queued = shared_.queue.push([work, &route, &log = shared_.log] {
    work->response = answer_safely(route, work->request, log);
    net::post(work->done.get_executor(), [work] { work->done.cancel(); });
  });
  if (queued) {
    error_code cancelled;
    co_await work->done.async_wait(into(cancelled));
  } else {
    work->response = busy(shared_.queue.expected_wait_seconds(), "too many requests are waiting");
  }
  exchange.request = std::move(work->request);
  co_return std::move(work->response);
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

/// Without this, a client that still sends would get a reset instead of its answer.
net::awaitable<void> Connection::close_gently() {
  error_code error;
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

/// Cancels again and again: a wait may begin between the end of one operation and its handler. Ends
/// with the socket, since its handler may already stand in line when the connection ends, and
/// nothing calls that back.
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
