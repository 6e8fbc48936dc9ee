// The same service on three HTTP libraries, each in its usual configuration, for
// docs/server-performance.md.
//   http_peers mien|httplib|microhttpd PORT
// POST /work: two threads, 1 ms of CPU time, then responds with the body's length. `mien` is
// server/ on Boost.Beast.
#include <httplib.h>
#include <microhttpd.h>
#include <pthread.h>

#include <csignal>
#include <cstdio>
#include <ctime>
#include <string>

#include "base/file.hpp"
#include "server/http_server.hpp"

namespace {

constexpr int kThreads = 2;
constexpr std::size_t kMaxBody = std::size_t{32} << 20;

double thread_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

std::string work(std::size_t body_bytes) {
  const double end = thread_seconds() + 1e-3;
  while (thread_seconds() < end) {
  }
  return mien::base::format("{\"bytes\": %zu}\n", body_bytes);
}

void announce(int port) {
  std::printf("http://127.0.0.1:%d/\n", port);
  std::fflush(stdout);
}

void wait_for_sigterm() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGTERM);
  int number = 0;
  ::sigwait(&set, &number);
}

void serve_mien(int port) {
  using namespace mien::server;
  Metrics metrics;
  HttpServer server(
      {.port = port, .workers = kThreads, .max_connections = 4000, .max_body_bytes = kMaxBody},
      metrics);
  announce(server.port());
  const Router router(
      {{.method = "POST",
        .path = "/work",
        .runs = Route::Runs::kInQueue,
        .content_types = {"image/*"},
        .answer =
            [](const Request& request) { return Response{.body = work(request.body.size())}; }}},
      {});
  server.run(router, [](const std::string&) {});
}

void serve_httplib(int port) {
  httplib::Server
      server;  // its default: a pool of eight threads or more, one connection per thread
  server.set_payload_max_length(kMaxBody);
  server.Post("/work", [](const httplib::Request& request, httplib::Response& response) {
    response.set_content(work(request.body.size()), "application/json");
  });
  announce(port);
  std::thread listener([&] { server.listen("127.0.0.1", port); });
  wait_for_sigterm();
  server.stop();
  listener.join();
}

MHD_Result answer_microhttpd(void*, MHD_Connection* connection, const char*, const char*,
                             const char*, const char* data, std::size_t* size, void** state) {
  if (*state == nullptr) {
    *state = new std::string;
    return MHD_YES;
  }
  auto* body = static_cast<std::string*>(*state);
  if (*size > 0) {
    body->append(data, *size);
    *size = 0;
    return MHD_YES;
  }
  const std::string text = work(body->size());
  MHD_Response* response = MHD_create_response_from_buffer(
      text.size(), const_cast<char*>(text.data()), MHD_RESPMEM_MUST_COPY);
  const MHD_Result result = MHD_queue_response(connection, MHD_HTTP_OK, response);
  MHD_destroy_response(response);
  return result;
}

void forget_microhttpd(void*, MHD_Connection*, void** state, MHD_RequestTerminationCode) {
  delete static_cast<std::string*>(*state);
}

void serve_microhttpd(int port) {
  MHD_Daemon* daemon = MHD_start_daemon(
      MHD_USE_EPOLL_INTERNAL_THREAD, static_cast<std::uint16_t>(port), nullptr, nullptr,
      answer_microhttpd, nullptr, MHD_OPTION_THREAD_POOL_SIZE, static_cast<unsigned>(kThreads),
      MHD_OPTION_CONNECTION_LIMIT, 4000U, MHD_OPTION_CONNECTION_TIMEOUT, 15U,
      MHD_OPTION_NOTIFY_COMPLETED, forget_microhttpd, nullptr, MHD_OPTION_END);
  if (daemon == nullptr) throw mien::Error(mien::ErrorCode::kIo, "cannot listen");
  announce(port);
  wait_for_sigterm();
  MHD_stop_daemon(daemon);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const std::string library = argc == 3 ? argv[1] : "";
    const int port = argc == 3 ? std::atoi(argv[2]) : 0;
    if (library == "mien") return serve_mien(port), 0;
    sigset_t set;
    ::sigemptyset(&set);
    ::sigaddset(&set, SIGTERM);
    ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
    if (library == "httplib") return serve_httplib(port), 0;
    if (library == "microhttpd") return serve_microhttpd(port), 0;
    std::fputs("usage: http_peers mien|httplib|microhttpd PORT\n", stderr);
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "http_peers: %s\n", error.what());
    return 1;
  }
}
