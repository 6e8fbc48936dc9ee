#include "bench_layers.hpp"

#include <algorithm>
#include <cstdio>

#include "base/file.hpp"
#include "base/json.hpp"
#include "common/peak.hpp"

namespace mien::apps {
namespace {

constexpr int kMinRounds = 5;
constexpr int kMaxRounds = 100'000;

/// The peak of calls with inputs of this type, in GMAC/s.
double limit(const Peak& peak, const std::string& type) {
  if (type == "f32") return peak.f32;
  if (type == "bf16") return peak.bf16;
  return type == "u8" || type == "s8" ? peak.int8 : 0;
}

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::string text;
  for (const std::int64_t size : shape) text += (text.empty() ? "" : "x") + std::to_string(size);
  return text;
}

/// A row of the table. `rate` in GMAC/s is 0 for calls without multiplications; `of_peak`, a share,
/// is 0 if the peak is unknown.
struct Row {
  std::string name, call, shape, types, implementation;
  std::int64_t multiply_adds = 0;
  double ms = 0, part = 0, rate = 0, of_peak = 0;
};

std::vector<Row> rows(const engine::Profile& profile, double sum, const Peak& peak, int threads) {
  std::vector<Row> result;
  for (const engine::CallProfile& call : profile.calls) {
    Row row{call.name,
            call.kind,
            shape_text(call.shape),
            call.input_type + " " + call.output_type,
            call.implementation,
            call.multiply_adds,
            call.milliseconds,
            call.milliseconds / sum};
    const double highest = limit(peak, call.input_type) * threads;
    if (call.multiply_adds > 0)
      row.rate = static_cast<double>(call.multiply_adds) / call.milliseconds / 1e6;
    if (highest > 0) row.of_peak = row.rate / highest;
    result.push_back(row);
  }
  return result;
}

std::string number(const char* pattern, double value) {
  return value > 0 ? base::format(pattern, value) : "";
}

void print_text(const std::vector<Row>& table, const engine::Profile& profile, double sum,
                std::int64_t multiply_adds) {
  const auto widest = [&](std::string Row::* field, std::size_t width) {
    for (const Row& row : table) width = std::max(width, (row.*field).size());
    return static_cast<int>(width);
  };
  const int name = widest(&Row::name, 11), call = widest(&Row::call, 4),
            shape = widest(&Row::shape, 6);
  const int types = widest(&Row::types, 7), code = widest(&Row::implementation, 14);
  const auto line = [&](const Row& row, const char* madds, const char* ms, const char* part,
                        const char* rate, const char* of_peak) {
    std::string text =
        base::format("  %-*s  %-*s  %-*s  %-*s  %-*s %8s %8s %7s %8s %7s", name, row.name.c_str(),
                     call, row.call.c_str(), shape, row.shape.c_str(), types, row.types.c_str(),
                     code, row.implementation.c_str(), madds, ms, part, rate, of_peak);
    text.erase(text.find_last_not_of(' ') + 1);
    std::puts(text.c_str());
  };
  line({"layer", "call", "output", "types", "implementation"}, "MMAC", "ms", "time", "GMAC/s",
       "peak");
  const auto print = [&](const Row& row) {
    line(row, number("%.2f", static_cast<double>(row.multiply_adds) / 1e6).c_str(),
         base::format("%.4f", row.ms).c_str(), base::format("%.1f %%", 100 * row.part).c_str(),
         number("%.1f", row.rate).c_str(), number("%.0f %%", 100 * row.of_peak).c_str());
  };
  for (const Row& row : table) print(row);
  Row all{.name = "all calls", .multiply_adds = multiply_adds, .ms = sum, .part = 1};
  all.rate = static_cast<double>(multiply_adds) / sum / 1e6;
  print(all);
  Row whole{.name = "whole run",
            .multiply_adds = multiply_adds,
            .ms = profile.run_milliseconds,
            .part = profile.run_milliseconds / sum};
  whole.rate = static_cast<double>(multiply_adds) / whole.ms / 1e6;
  print(whole);
}

base::Json layers_json(const std::vector<Row>& table, const engine::Profile& profile) {
  base::Json calls = base::Json::array();
  for (std::size_t i = 0; i < table.size(); ++i) {
    const Row& row = table[i];
    const engine::CallProfile& call = profile.calls[i];
    calls.push_back(
        {{"layer", row.name},
         {"call", row.call},
         {"shape", row.shape},
         {"input_type", call.input_type},
         {"output_type", call.output_type},
         {"implementation", row.implementation},
         {"multiply_adds", row.multiply_adds},
         {"ms", base::rounded(row.ms, 5)},
         {"part", base::rounded(row.part, 4)},
         {"gmadds_per_second", base::rounded(row.rate, 2)},
         {"of_peak", row.of_peak > 0 ? base::rounded(row.of_peak, 3) : base::Json(nullptr)}});
  }
  return calls;
}

}  // namespace

void print_layers(const std::string& model, const engine::Network& network,
                  std::span<const float> input, const engine::InputShape& shape, double seconds,
                  const std::string& format_name) {
  const engine::Profile trial = network.profile(input, shape, kMinRounds);
  const double wanted = 1000 * seconds / (2 * trial.run_milliseconds);
  const int rounds = static_cast<int>(std::clamp<double>(wanted, kMinRounds, kMaxRounds));
  const engine::Profile profile = network.profile(input, shape, rounds);
  double sum = 0;
  for (const engine::CallProfile& call : profile.calls) sum += call.milliseconds;
  const Peak peak = measure_peak();
  const std::vector<Row> table = rows(profile, sum, peak, network.threads());
  const std::string precision(engine::to_string(network.precision()));
  if (format_name == "json") {
    const base::Json out{{"model", model},
                         {"precision", precision},
                         {"threads", network.threads()},
                         {"batch", shape[0]},
                         {"rounds", rounds},
                         {"peak",
                          {{"f32", base::rounded(peak.f32, 1)},
                           {"bf16", base::rounded(peak.bf16, 1)},
                           {"int8", base::rounded(peak.int8, 1)}}},
                         {"run_ms", base::rounded(profile.run_milliseconds, 4)},
                         {"calls_ms", base::rounded(sum, 4)},
                         {"calls", layers_json(table, profile)}};
    std::puts(base::to_text(out).c_str());
    return;
  }
  std::printf("%s, %s, %d thread%s, batch %lld, median of %d rounds\n\n", model.c_str(),
              precision.c_str(), network.threads(), network.threads() == 1 ? "" : "s",
              static_cast<long long>(shape[0]), rounds);
  print_text(table, profile, sum, network.multiply_adds(shape));
  std::string known;
  for (const auto& [type, value] :
       {std::pair("f32", peak.f32), std::pair("bf16", peak.bf16), std::pair("int8", peak.int8)}) {
    if (value > 0) known += base::format("%s%.0f (%s)", known.empty() ? "" : ", ", value, type);
  }
  std::printf("\nMMAC: 10^6 multiply-accumulate operations. Peak of one core in GMAC/s: %s.\n",
              known.empty() ? "unknown" : known.c_str());
}

}  // namespace mien::apps
