// Time of one 3x3 convolution of each stage of the shipped network in training, forward and
// backward, for 64 images of 48 pixels in f32 on two threads: Mien's and LibTorch's. Memory is
// reused, as in mien-train:
//   export
//   GLIBC_TUNABLES=glibc.malloc.trim_threshold=4000000000:glibc.malloc.mmap_threshold=4000000000
//   build/bench/train_bench --benchmark_repetitions=5 --benchmark_report_aggregates_only=true
#include <benchmark/benchmark.h>

#include "training/winograd.hpp"

namespace {

torch::Tensor winograd(const torch::Tensor& input, const torch::Tensor& weight) {
  return mien::training::convolve_3x3(input, weight);
}
torch::Tensor libtorch(const torch::Tensor& input, const torch::Tensor& weight) {
  return torch::conv2d(input, weight, {}, 1, 1);
}

void run(benchmark::State& state,
         torch::Tensor (*convolve)(const torch::Tensor&, const torch::Tensor&)) {
  torch::set_num_threads(2);
  const std::int64_t channels = state.range(0), side = state.range(1);
  const auto random = [](torch::IntArrayRef sizes) {
    return torch::randn(sizes).contiguous(torch::MemoryFormat::ChannelsLast).requires_grad_();
  };
  const torch::Tensor input = random({64, channels, side, side}),
                      weight = random({channels, channels, 3, 3});
  if (!mien::training::fits_winograd(input, weight))
    return state.SkipWithError("this processor has no AVX2");
  const torch::Tensor gradient = torch::randn_like(input);
  for (auto _ : state)
    benchmark::DoNotOptimize(
        torch::autograd::grad({convolve(input, weight)}, {input, weight}, {gradient}));
  constexpr int kPasses = 3;  // outputs, gradient of the inputs, gradient of the weights
  state.counters["GMAC/s"] = benchmark::Counter(
      static_cast<double>(kPasses * 64 * side * side * channels * channels * 9) * 1e-9,
      benchmark::Counter::kIsIterationInvariantRate);
}

void stages(benchmark::internal::Benchmark* benchmark) {
  for (const auto& [channels, side] : {std::pair{48, 24}, {96, 12}, {192, 6}, {384, 3}})
    benchmark->Args({channels, side});
  benchmark->Unit(benchmark::kMillisecond)->UseRealTime();
}

BENCHMARK_CAPTURE(run, winograd, winograd)->Apply(stages);
BENCHMARK_CAPTURE(run, libtorch, libtorch)->Apply(stages);

}  // namespace

BENCHMARK_MAIN();
