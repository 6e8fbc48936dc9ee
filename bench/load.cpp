// Load test of a running `mien serve`; checks every response.
//   load PORT --photo FILE [--connections N] [--seconds S | --requests N] [--detector NAME]
//   [--model FILE]
// Prints one row of a Markdown table. Each connection sends an image, waits for the response, and
// sends the next; every 50th request is invalid, and every 200th uses a new connection. The images
// are crops of the photo with different sizes, so that all responses differ; the expected responses
// are computed here, without the server.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "base/file.hpp"
#include "base/options.hpp"
#include "mien/analyzer.hpp"
#include "mien/error.hpp"
#include "pipeline/face_json.hpp"
#include "vision/encode.hpp"

namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  std::string photo, detector = "auto", model;
  int connections = 8, requests = 0;
  double seconds = 5;

  void declare(mien::base::OptionSet& o) {
    o.add(photo, "photo", "FILE", "photo with a face");
    o.add(connections, "connections", "N", "concurrent connections", {1, 10000});
    o.add(seconds, "seconds", "S", "duration", {0.1, 1e6});
    o.add(requests, "requests", "N", "number of requests; 0: until --seconds", {0, 1e9});
    o.add(detector, "detector", "NAME", "as the server uses");
    o.add(model, "model", "FILE", "as the server uses");
  }
};

/// One HTTP connection; throws std::runtime_error if the server does not respond.
class Client {
 public:
  explicit Client(int port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      throw std::runtime_error("cannot connect");
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client() { ::close(socket_); }

  /// The complete response with headers.
  std::string ask(const std::string& request) {
    for (std::size_t sent = 0; sent < request.size();) {
      const ::ssize_t count =
          ::send(socket_, request.data() + sent, request.size() - sent, MSG_NOSIGNAL);
      if (count <= 0) throw std::runtime_error("the server closed the connection");
      sent += static_cast<std::size_t>(count);
    }
    std::string answer;
    std::size_t whole = std::string::npos;
    while (answer.size() < whole) {
      char block[65536];
      const ::ssize_t count = ::recv(socket_, block, sizeof block, 0);
      if (count <= 0) throw std::runtime_error("no response");
      answer.append(block, static_cast<std::size_t>(count));
      const std::size_t head = answer.find("\r\n\r\n");
      const std::size_t length = answer.find("Content-Length: ");
      if (whole == std::string::npos && head != std::string::npos && length < head)
        whole = head + 4 + std::stoul(answer.substr(length + 16));
    }
    return answer;
  }

 private:
  int socket_;
};

struct Question {
  std::string request, wanted;  // a part of the answer that only this image has
};

std::string post(const std::vector<std::byte>& image) {
  return mien::base::format(
             "POST /v1/analyze HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
             "image/jpeg\r\nContent-Length: %zu\r\n\r\n",
             image.size()) +
         std::string(reinterpret_cast<const char*>(image.data()), image.size());
}

std::vector<Question> make_questions(const Options& options) {
  constexpr int kCount = 48;
  const mien::Image photo = mien::read_image(options.photo);
  const auto analyzer =
      mien::Analyzer::load(options.model, {.detector = options.detector, .threads = 1});
  std::vector<Question> questions;
  std::set<std::string> answers;
  for (int i = 0; i < kCount; ++i) {
    mien::ImageView part = photo;
    part.width -= i * photo.width() / (8 * kCount);
    part.height -= i * 5 % kCount * photo.height() / (8 * kCount);
    const std::vector<std::byte> image = mien::vision::encode_jpeg(part, 90);
    const mien::PhotoAnalysis analysis = analyzer.analyze_encoded(image, "image");
    std::string wanted = mien::base::format("\"width\": %d, \"height\": %d, \"faces\": [",
                                            analysis.width, analysis.height);
    for (const mien::Face& face : analysis.faces)
      wanted += (&face == analysis.faces.data() ? "" : ", ") +
                mien::pipeline::face_json(face, analyzer.labels());
    if (answers.insert(wanted += "]").second) questions.push_back({post(image), wanted});
  }
  return questions;
}

double metric(int port, const std::string& name) {
  const std::string text =
      Client(port).ask("GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  const std::size_t at = text.find("\n" + name + " ");
  return at == std::string::npos ? 0 : std::atof(text.c_str() + at + name.size() + 2);
}

struct Tally {
  std::vector<double> milliseconds;
  std::int64_t wrong = 0, refused = 0;  // refused: 429
};

Tally run_client(int port, std::size_t number, const std::vector<Question>& questions,
                 const std::atomic<bool>& stop, std::atomic<std::int64_t>& left) {
  static const std::string kBad = post(std::vector<std::byte>(100));
  Tally tally;
  auto client = std::make_unique<Client>(port);
  for (std::size_t i = 1; !stop && left.fetch_sub(1) > 0; ++i) {
    if (i % 200 == 0) client = std::make_unique<Client>(port);
    const bool bad = i % 50 == 0;
    const Question& question = questions[(number * 7 + i) % questions.size()];
    const auto begin = Clock::now();
    const std::string answer = client->ask(bad ? kBad : question.request);
    if (!bad)
      tally.milliseconds.push_back(
          std::chrono::duration<double, std::milli>(Clock::now() - begin).count());
    if (answer.starts_with("HTTP/1.1 429"))
      ++tally.refused;
    else if (bad ? !answer.starts_with("HTTP/1.1 400")
                 : answer.find(question.wanted) == std::string::npos)
      ++tally.wrong;
  }
  return tally;
}

int run(int port, const Options& options) {
  const std::vector<Question> questions = make_questions(options);
  Client warm_up(port);
  for (const Question& question : questions) warm_up.ask(question.request);
  const double memory_before = metric(port, "process_resident_memory_bytes"),
               files_before = metric(port, "process_open_fds"),
               cpu_before = metric(port, "process_cpu_seconds_total");

  std::atomic<bool> stop = false;
  std::atomic<std::int64_t> left = options.requests > 0 ? options.requests : std::int64_t{1} << 60;
  std::vector<Tally> tallies(static_cast<std::size_t>(options.connections));
  const auto begin = Clock::now();
  {
    std::vector<std::jthread> clients;
    for (std::size_t c = 0; c < tallies.size(); ++c) {
      clients.emplace_back([&, c] {
        try {
          tallies[c] = run_client(port, c, questions, stop, left);
        } catch (const std::exception& error) {
          std::fprintf(stderr, "load: %s\n", error.what());
          tallies[c].wrong = 1;
        }
      });
    }
    if (options.requests == 0) {
      std::this_thread::sleep_for(std::chrono::duration<double>(options.seconds));
      stop = true;
    }
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  const double cpu = metric(port, "process_cpu_seconds_total") - cpu_before;
  std::this_thread::sleep_for(
      std::chrono::milliseconds(200));  // until the server has seen the connections close
  std::vector<double> times;
  std::int64_t wrong = 0, refused = 0;
  for (const Tally& tally : tallies) {
    times.insert(times.end(), tally.milliseconds.begin(), tally.milliseconds.end());
    wrong += tally.wrong;
    refused += tally.refused;
  }
  std::ranges::sort(times);
  const auto percentile = [&](double part) {
    return times.empty()
               ? 0
               : times[static_cast<std::size_t>(part * static_cast<double>(times.size() - 1))];
  };
  std::printf(
      "| %d | %zu | %.0f | %.1f | %.1f | %.1f | %.1f | %lld | %lld | %.0f → %.0f | %.0f → %.0f |\n",
      options.connections, times.size(), static_cast<double>(times.size()) / seconds,
      percentile(0.5), percentile(0.95), percentile(0.99),
      1000 * cpu / std::max(1.0, static_cast<double>(times.size())), static_cast<long long>(wrong),
      static_cast<long long>(refused), memory_before / 1e6,
      metric(port, "process_resident_memory_bytes") / 1e6, files_before,
      metric(port, "process_open_fds"));
  return wrong == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    Options options;
    mien::base::OptionSet set;
    options.declare(set);
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    const std::vector<std::string> port = set.parse(arguments);
    if (port.size() != 1)
      throw mien::Error(mien::ErrorCode::kInvalidArgument,
                        "usage: load PORT [options]\n" + set.help());
    return run(std::atoi(port[0].c_str()), options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "load: %s\n", error.what());
    return 2;
  }
}
