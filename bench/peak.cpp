// What one core of this machine can do at most: thousand million multiply-adds a second in f32 (FMA), bf16 (AVX512-BF16) and
// int8 (AVX512-VNNI), by twelve independent accumulators in registers, enough to hide four cycles of latency on
// two ports. Prints JSON; 0 where the CPU lacks the instruction.
#include <algorithm>
#include <chrono>
#include <cstdio>

namespace {

using Clock = std::chrono::steady_clock;

constexpr long kIterations = 4'000'000;
constexpr int kAccumulators = 12;

#define TWELVE(op, reg)                                                                                              \
  op " %%" reg "0, %%" reg "1, %%" reg "2\n" op " %%" reg "0, %%" reg "1, %%" reg "3\n"                              \
  op " %%" reg "0, %%" reg "1, %%" reg "4\n" op " %%" reg "0, %%" reg "1, %%" reg "5\n"                              \
  op " %%" reg "0, %%" reg "1, %%" reg "6\n" op " %%" reg "0, %%" reg "1, %%" reg "7\n"                              \
  op " %%" reg "0, %%" reg "1, %%" reg "8\n" op " %%" reg "0, %%" reg "1, %%" reg "9\n"                              \
  op " %%" reg "0, %%" reg "1, %%" reg "10\n" op " %%" reg "0, %%" reg "1, %%" reg "11\n"                            \
  op " %%" reg "0, %%" reg "1, %%" reg "12\n" op " %%" reg "0, %%" reg "1, %%" reg "13\n"

// All registers are zero: every value is exact, and none is a slow denormal.
#define KERNEL(name, op, reg)                                                                                        \
  void name() {                                                                                                      \
    asm volatile("vzeroall\n" ::: "memory");                                                                         \
    for (long i = 0; i < kIterations; ++i) asm volatile(TWELVE(op, reg) ::: "memory");                               \
  }

KERNEL(run_avx2, "vfmadd231ps", "ymm")
KERNEL(run_avx512, "vfmadd231ps", "zmm")
KERNEL(run_bf16, "vdpbf16ps", "zmm")
KERNEL(run_int8, "vpdpbusd", "zmm")

/// The best of a few runs; `lanes` are the multiply-adds of one instruction.
double measure(void (*run)(), int lanes) {
  double best = 0;
  for (int i = 0; i < 7; ++i) {
    const auto start = Clock::now();
    run();
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    best = std::max(best, static_cast<double>(kIterations) * kAccumulators * lanes / seconds / 1e9);
  }
  return best;
}

}  // namespace

int main() {
  const bool avx512 = __builtin_cpu_supports("avx512f");
  const double f32 = avx512 ? measure(run_avx512, 16) : __builtin_cpu_supports("fma") ? measure(run_avx2, 8) : 0;
  const double bf16 = avx512 && __builtin_cpu_supports("avx512bf16") ? measure(run_bf16, 32) : 0;
  const double int8 = avx512 && __builtin_cpu_supports("avx512vnni") ? measure(run_int8, 64) : 0;
  std::printf("{\"f32\": %.1f, \"bf16\": %.1f, \"int8\": %.1f}\n", f32, bf16, int8);
}
