#include "server/metrics.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "base/file.hpp"

namespace mien::server {
namespace {

std::string head(const std::string& name, const char* type, const std::string& help) {
  return "# HELP " + name + " " + help + "\n# TYPE " + name + " " + type + "\n";
}

std::string counters(const std::string& name, const std::string& help, const char* label,
                     const std::map<std::string, std::uint64_t>& values) {
  std::string out = head(name, "counter", help);
  for (const auto& [value, count] : values) {
    out += base::format("%s{%s=\"%s\"} %llu\n", name.c_str(), label, value.c_str(),
                        static_cast<unsigned long long>(count));
  }
  return out;
}

double resident_bytes() {
  std::ifstream file("/proc/self/statm");
  double total = 0, resident = 0;
  file >> total >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double open_files() {
  std::error_code error;
  double count = 0;
  for (std::filesystem::directory_iterator entry("/proc/self/fd", error), end;
       !error && entry != end; entry.increment(error))
    ++count;
  return count;
}

}  // namespace

void Metrics::count_request(const std::string& route, int status, double seconds) {
  const std::lock_guard lock(mutex_);
  ++requests_[{route, status}];
  Latency& latency = latencies_[route];
  latency.sum += seconds;
  std::size_t bucket = 0;
  while (bucket < kBounds.size() && seconds > kBounds[bucket]) ++bucket;
  ++latency.buckets[bucket];
}

void Metrics::count_refusal(const std::string& reason) {
  const std::lock_guard lock(mutex_);
  ++refusals_[reason];
}

void Metrics::count_images(std::string_view result, std::uint64_t count) {
  const std::lock_guard lock(mutex_);
  images_[std::string(result)] += count;
}

void Metrics::count_faces(std::string_view emotion, std::uint64_t count) {
  const std::lock_guard lock(mutex_);
  faces_[std::string(emotion)] += count;
}

void Metrics::add_gauge(std::string name, std::string help, std::function<double()> value) {
  readings_.push_back({std::move(name), "gauge", std::move(help), std::move(value)});
}

void Metrics::add_counter(std::string name, std::string help, std::function<double()> value) {
  readings_.push_back({std::move(name), "counter", std::move(help), std::move(value)});
}

std::string Metrics::text() const {
  std::string out;
  for (const Reading& reading : readings_) {
    out += head(reading.name, reading.type, reading.help) +
           base::format("%s %.17g\n", reading.name.c_str(), reading.value());
  }
  const std::lock_guard lock(mutex_);
  out += head("mien_requests_total", "counter", "Responses, by route and HTTP status.");
  for (const auto& [key, count] : requests_) {
    out += base::format("mien_requests_total{route=\"%s\",status=\"%d\"} %llu\n", key.first.c_str(),
                        key.second, static_cast<unsigned long long>(count));
  }
  out += head("mien_request_seconds", "histogram",
              "Time from the complete request to the response, by route.");
  for (const auto& [route, latency] : latencies_) {
    unsigned long long count = 0;
    for (std::size_t i = 0; i < latency.buckets.size(); ++i) {
      count += latency.buckets[i];
      const std::string bound = i < kBounds.size() ? base::format("%g", kBounds[i]) : "+Inf";
      out += base::format("mien_request_seconds_bucket{route=\"%s\",le=\"%s\"} %llu\n",
                          route.c_str(), bound.c_str(), count);
    }
    out += base::format(
        "mien_request_seconds_sum{route=\"%s\"} %.17g\nmien_request_seconds_count{route=\"%s\"} "
        "%llu\n",
        route.c_str(), latency.sum, route.c_str(), count);
  }
  out += counters("mien_refusals_total", "Requests and connections refused, by reason.", "reason",
                  refusals_);
  out +=
      counters("mien_images_total", "Images, by result: ok, error or canceled.", "result", images_);
  out += counters("mien_faces_total", "Faces found, by predicted emotion, or uncertain.", "emotion",
                  faces_);
  return out;
}

void add_process_metrics(Metrics& metrics) {
  metrics.add_gauge("process_resident_memory_bytes", "Resident memory size in bytes.",
                    resident_bytes);
  metrics.add_counter("process_cpu_seconds_total",
                      "Total user and system CPU time spent in seconds.", cpu_seconds);
  metrics.add_gauge("process_open_fds", "Number of open file descriptors.", open_files);
}

}  // namespace mien::server
