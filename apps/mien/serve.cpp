#include <algorithm>
#include <cstdio>
#include <thread>

#include "base/file.hpp"
#include "base/text.hpp"
#include "commands.hpp"
#include "common/analyzer_options.hpp"
#include "common/command_line.hpp"
#include "mien/error.hpp"
#include "server/http_server.hpp"
#include "server/routes.hpp"

namespace mien::apps {
namespace {

struct ServeOptions {
  AnalyzerSettings analyzer;
  std::string token_file, allow_origin, allow_host, host = "127.0.0.1";
  int port = 8080, threads = 0, queue = 64, connections = 1000, body = 32, pixels = 50, images = 32,
      per_address = 0;
  double timeout = 15, deadline = 60, idle = 75, drain = 30;

  void declare(base::OptionSet& o) {
    o.add(host, "host", "ADDRESS", "address to listen on; 0.0.0.0: all");
    o.add(port, "port", "N", "port to listen on; 0: any free port", {0, 65535});
    analyzer.declare(o);
    o.add(threads, "threads", "N", "requests processed at once, one thread each; 0: one per core",
          {0, 1024});
    o.add(queue, "queue", "N", "requests that may wait for a thread; further ones get 429",
          {1, 100000});
    o.add(connections, "max-connections", "N", "open connections; further ones get 503",
          {1, 1000000});
    o.add(per_address, "max-per-address", "N",
          "open connections per client address; 0: 3/4 of --max-connections", {0, 1000000});
    o.add(body, "max-body", "MB", "size of a request in MiB; larger ones get 413", {1, 1024});
    o.add(pixels, "max-pixels", "MP", "megapixels of an image; larger ones get 422", {1, 120});
    o.add(images, "max-images", "N", "images per request", {1, 10000});
    o.add(
        timeout, "timeout", "SECONDS",
        "for the headers of a request, for a pause in its body or its lag behind 64 KiB/s, and for "
        "the client to take the response",
        {0.05, 3600});
    o.add(deadline, "deadline", "SECONDS",
          "from a complete request to its response; later ones get 503", {0.05, 3600});
    o.add(idle, "idle-timeout", "SECONDS", "after which an unused connection is closed",
          {0.05, 86400});
    o.add(drain, "drain-timeout", "SECONDS", "for requests in progress at SIGTERM", {0.05, 3600});
    o.add(token_file, "token-file", "FILE",
          "require the token in this file (Authorization: Bearer)");
    o.add(allow_origin, "allow-origin", "ORIGINS",
          "origins of other sites that may send requests (CORS), separated by commas; *: all");
    o.add(allow_host, "allow-host", "HOSTS",
          "accepted values of the header Host, without port, separated by commas; others get 421");
  }
};

std::string read_token(const std::string& path) {
  if (path.empty()) return "";
  const std::string text = base::read_text(path, 4096);
  const std::string_view token = base::trim(text);
  if (token.empty())
    throw Error(ErrorCode::kInvalidArgument,
                path + ": the token file is empty; write a token to it");
  return std::string(token);
}

/// "https://a.example, http://localhost:3000", or "*".
std::vector<std::string> read_origins(const std::string& text) {
  std::vector<std::string> origins = base::split_list(text);
  for (const std::string& origin : origins) {
    const std::size_t host = origin.find("://");
    if (origin != "*" && (host == std::string::npos || host == 0 || host + 3 == origin.size() ||
                          origin.find_first_of("/ ", host + 3) != std::string::npos)) {
      throw Error(ErrorCode::kInvalidArgument,
                  "--allow-origin: invalid origin '" + origin +
                      "'; give scheme://host, scheme://host:port, or *");
    }
  }
  return origins;
}

}  // namespace

int serve_command(std::span<const std::string> arguments) {
  ServeOptions options;
  CommandLine line(
      "mien serve [options]\n\nServes the web page for photos and the webcam, and the HTTP API "
      "(docs/http-api.md), until Ctrl-C or SIGTERM.");
  options.declare(line.options);
  if (!line.parse_options(arguments)) return kExitOk;

  const int workers = options.threads > 0
                          ? options.threads
                          : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  const auto milliseconds = [](double seconds) {
    return std::chrono::milliseconds(static_cast<std::int64_t>(1000 * seconds));
  };
  const std::size_t body_bytes = static_cast<std::size_t>(options.body) << 20;
  const server::HttpOptions http{.host = options.host,
                                 .port = options.port,
                                 .workers = workers,
                                 .queue = static_cast<std::size_t>(options.queue),
                                 .max_connections = static_cast<std::size_t>(options.connections),
                                 .max_per_address = static_cast<std::size_t>(options.per_address),
                                 .max_body_bytes = body_bytes,
                                 .max_held_bytes = std::max(std::size_t{256} << 20, body_bytes),
                                 .timeout = milliseconds(options.timeout),
                                 .deadline = milliseconds(options.deadline),
                                 .idle_timeout = milliseconds(options.idle),
                                 .drain_timeout = milliseconds(options.drain)};
  const server::AccessRules rules{read_token(options.token_file),
                                  read_origins(options.allow_origin),
                                  base::split_list(options.allow_host)};
  const Analyzer analyzer = options.analyzer.load(1);
  // The first call of a network prepares it: not at the cost of the first client.
  analyzer.analyze(Image(640, 480, PixelFormat::kRgb8));
  analyzer.classify(Image(64, 64, PixelFormat::kGray8));
  server::Metrics metrics;
  server::add_process_metrics(metrics);
  server::HttpServer server(http, metrics);
  const server::Service service{analyzer,
                                metrics,
                                {.images = static_cast<std::size_t>(options.images),
                                 .pixels = std::int64_t{options.pixels} * 1'000'000},
                                body_bytes,
                                [&] { return server.draining(); }};
  std::printf("http://%s/  model %s, detector %s, %d threads\n",
              server::address_text(options.host, server.port()).c_str(),
              analyzer.model_path().stem().c_str(), std::string(analyzer.detector_name()).c_str(),
              workers);
  std::fflush(stdout);
  server.run(server::Router(server::make_routes(service), rules),
             [](const std::string& line) { std::fprintf(stderr, "mien: %s\n", line.c_str()); });
  return kExitOk;
}

}  // namespace mien::apps
