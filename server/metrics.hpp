#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mien::server {

/// Metrics of a running server, in Prometheus' text format. Thread safe.
class Metrics {
 public:
  /// Counts a response; `route` is one of the server's own paths, never text from a client.
  void count_request(const std::string& route, int status, double seconds);
  void count_refusal(const std::string& reason);  ///< "busy", "connections", "timeout", …
  void count_images(std::string_view result, std::uint64_t count = 1);  ///< "ok", "error", …
  void count_faces(std::string_view emotion, std::uint64_t count);

  /// Values that are computed when the metrics are read. Add them before the first read.
  void add_gauge(std::string name, std::string help, std::function<double()> value);
  void add_counter(std::string name, std::string help, std::function<double()> value);

  std::string text() const;

 private:
  /// Upper bounds in seconds of the latency histogram; one more bucket has the rest.
  static constexpr std::array<double, 13> kBounds{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                                  0.25,  0.5,    1,     2.5,  5,     10};
  struct Latency {
    std::array<std::uint64_t, kBounds.size() + 1> buckets{};
    double sum = 0;
  };
  struct Reading {
    std::string name;
    const char* type;
    std::string help;
    std::function<double()> value;
  };

  mutable std::mutex mutex_;
  std::map<std::pair<std::string, int>, std::uint64_t> requests_;
  std::map<std::string, Latency> latencies_;
  std::map<std::string, std::uint64_t> refusals_, images_, faces_;
  std::vector<Reading> readings_;
};

/// Memory, CPU time and open files of this process, as Prometheus' own clients name them.
void add_process_metrics(Metrics& metrics);

}  // namespace mien::server
