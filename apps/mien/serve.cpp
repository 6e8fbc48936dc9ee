#include <algorithm>
#include <cstdio>
#include <sstream>
#include <thread>

#include "base/file.hpp"
#include "base/options.hpp"
#include "commands.hpp"
#include "mien/analyzer.hpp"
#include "mien/error.hpp"
#include "server/http_server.hpp"
#include "server/routes.hpp"

namespace mien::apps {
namespace {

struct ServeOptions {
  std::string model, token_file, allow_origin, allow_host, host = "127.0.0.1", detector = "auto",
                                                           precision = "auto";
  int port = 8080, min_face = 0, threads = 0, queue = 64, connections = 1000, body = 32,
      pixels = 50, images = 32, per_address = 0;
  double min_confidence = kDefaultMinConfidence, timeout = 15, deadline = 60, idle = 75, drain = 30;
  bool help = false;

  void declare(base::OptionSet& o) {
    o.add(host, "host", "ADDRESS", "where to listen; 0.0.0.0: everywhere");
    o.add(port, "port", "N", "where to listen; 0: any that is free", {0, 65535});
    o.add(model, "model", "FILE", "model file, or the name of a shipped one");
    o.add(detector, "detector", "NAME", "face detector: auto, hog, or an ONNX file of one");
    o.add(min_face, "min-face", "PIXELS",
          "smallest face looked for, at least an 80th or so of a photo's longer side; 0: 40, more "
          "in large photos",
          {0, 20000});
    o.add(min_confidence, "min-confidence", "P", "below this confidence a face is uncertain",
          {0, 1});
    o.add_choice(precision, "precision", {"auto", "f32", "bf16", "int8"},
                 "arithmetic of the network");
    o.add(threads, "threads", "N", "requests worked on at once, one thread each; 0: one a core",
          {0, 1024});
    o.add(queue, "queue", "N", "requests that may wait for a thread; more are answered 429",
          {1, 100000});
    o.add(connections, "max-connections", "N", "open connections; more are answered 503",
          {1, 1000000});
    o.add(per_address, "max-per-address", "N",
          "open connections of one client address; 0: 3/4 of --max-connections", {0, 1000000});
    o.add(body, "max-body", "MB", "bytes of a request, in MiB; more is answered 413", {1, 1024});
    o.add(pixels, "max-pixels", "MP", "pixels of a picture, in millions; more is answered 422",
          {1, 120});
    o.add(images, "max-images", "N", "pictures in a request", {1, 10000});
    o.add(timeout, "timeout", "SECONDS",
          "for a request's headers, for a pause in its body or its lag behind 64 KiB/s, and for "
          "its answer to be taken",
          {0.05, 3600});
    o.add(deadline, "deadline", "SECONDS",
          "from a complete request to its response; beyond it, 503", {0.05, 3600});
    o.add(idle, "idle-timeout", "SECONDS", "until an unused connection is closed", {0.05, 86400});
    o.add(drain, "drain-timeout", "SECONDS", "for what is under way at SIGTERM", {0.05, 3600});
    o.add(token_file, "token-file", "FILE",
          "requests must bear the token in this file (Authorization: Bearer)");
    o.add(allow_origin, "allow-origin", "ORIGINS",
          "other sites' pages that may ask (CORS), with commas between; *: all");
    o.add(allow_host, "allow-host", "HOSTS",
          "accepted values of the header Host, without port, separated by commas; others get 421");
    o.add(help, "help", "print this");
    o.short_name('h');
  }
};

std::string read_token(const std::string& path) {
  if (path.empty()) return "";
  std::string token = base::read_text(path, 4096);
  while (!token.empty() && (token.back() == '\n' || token.back() == '\r' || token.back() == ' '))
    token.pop_back();
  if (token.empty()) throw Error(ErrorCode::kInvalidArgument, path + ": the token file is empty");
  return token;
}

/// "a, b" without spaces and empty parts.
std::vector<std::string> split_list(const std::string& text) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, ',');) {
    const std::size_t first = part.find_first_not_of(' ');
    if (first != std::string::npos)
      parts.push_back(part.substr(first, part.find_last_not_of(' ') - first + 1));
  }
  return parts;
}

/// "https://a.example, http://localhost:3000", or "*".
std::vector<std::string> read_origins(const std::string& text) {
  std::vector<std::string> origins = split_list(text);
  for (const std::string& origin : origins) {
    const std::size_t host = origin.find("://");
    if (origin != "*" && (host == std::string::npos || host == 0 || host + 3 == origin.size() ||
                          origin.find_first_of("/ ", host + 3) != std::string::npos)) {
      throw Error(ErrorCode::kInvalidArgument,
                  "--allow-origin: '" + origin +
                      "' is no origin: write scheme://host or scheme://host:port, or *");
    }
  }
  return origins;
}

}  // namespace

int serve_command(std::span<const std::string> arguments) {
  ServeOptions options;
  base::OptionSet set;
  options.declare(set);
  const std::vector<std::string> extra = set.parse(arguments);
  if (options.help) {
    std::printf(
        "mien serve [options]\n\nA page for photos and the webcam, and an HTTP interface "
        "(docs/http-api.md). Ctrl-C or SIGTERM ends it.\n\n%s",
        set.help().c_str());
    return kExitOk;
  }
  if (!extra.empty())
    throw Error(ErrorCode::kInvalidArgument, "serve takes options only, not '" + extra[0] + "'");

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
                                  split_list(options.allow_host)};
  const Analyzer analyzer =
      Analyzer::load(options.model, {.detector = options.detector,
                                     .min_face = options.min_face,
                                     .threads = 1,
                                     .precision = options.precision,
                                     .min_confidence = options.min_confidence});
  // What the networks prepare at their first call is not for the first client to wait for.
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
                                [&] { return server.draining(); },
                                options.min_confidence};
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
