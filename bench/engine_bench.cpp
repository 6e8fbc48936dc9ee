// Time of the reference network in the engine, by precision and batch size, on one thread:
//   build/bench/engine_bench --benchmark_repetitions=5 --benchmark_report_aggregates_only=true
#include <benchmark/benchmark.h>

#include "engine/network.hpp"
#include "engine/quantize.hpp"
#include "engine/reference_model.hpp"
#include "mien/error.hpp"

namespace {

using namespace mien;
using engine::Precision;

model::Model model_for(Precision precision) {
  if (precision != Precision::kInt8) return test::reference_model();
  return engine::quantize(test::reference_model(), test::random_input(16 * 48 * 48),
                          {16, 1, 48, 48}, {1, {}});
}

void run(benchmark::State& state, Precision precision) {
  const std::int64_t batch = state.range(0);
  const engine::InputShape shape = {batch, 1, 48, 48};
  const std::vector<float> input = test::random_input(batch * 48 * 48);
  std::vector<float> logits(batch * 7);
  const std::vector<std::span<float>> outputs = {logits};
  try {
    const auto network = engine::Network::compile(model_for(precision), {precision, 1});
    network.prepare(shape);
    for (auto _ : state) network.run(input, shape, outputs);
    state.counters["images/s"] = benchmark::Counter(static_cast<double>(batch),
                                                    benchmark::Counter::kIsIterationInvariantRate);
    state.counters["GMAC/s"] =
        benchmark::Counter(static_cast<double>(network.multiply_adds(shape)) * 1e-9,
                           benchmark::Counter::kIsIterationInvariantRate);
  } catch (const Error& error) {
    state.SkipWithError(error.what());
  }
}

/// From the parsed file to a prepared network.
void start(benchmark::State& state, Precision precision) {
  const model::Model model = model_for(precision);
  try {
    for (auto _ : state) engine::Network::compile(model, {precision, 1}).prepare({1, 1, 48, 48});
  } catch (const Error& error) {
    state.SkipWithError(error.what());
  }
}

BENCHMARK_CAPTURE(run, f32, Precision::kF32)->Arg(1)->Arg(32)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(run, bf16, Precision::kBf16)->Arg(1)->Arg(32)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(run, int8, Precision::kInt8)->Arg(1)->Arg(32)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(start, f32, Precision::kF32)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(start, bf16, Precision::kBf16)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(start, int8, Precision::kInt8)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
