#include "common/peak.hpp"

#include <algorithm>
#include <chrono>

#ifdef __x86_64__

namespace mien::apps {
namespace {

using Clock = std::chrono::steady_clock;

constexpr long kIterations = 100'000;  // about 0.3 ms: most runs of that length are not interrupted
constexpr int kRuns = 300;
constexpr int kAccumulators = 12;  // enough to hide four cycles of latency on two ports

#define TWELVE(op, reg)                                                                      \
  op " %%" reg "0, %%" reg "1, %%" reg "2\n" op " %%" reg "0, %%" reg "1, %%" reg "3\n" op   \
     " %%" reg "0, %%" reg "1, %%" reg "4\n" op " %%" reg "0, %%" reg "1, %%" reg "5\n" op   \
     " %%" reg "0, %%" reg "1, %%" reg "6\n" op " %%" reg "0, %%" reg "1, %%" reg "7\n" op   \
     " %%" reg "0, %%" reg "1, %%" reg "8\n" op " %%" reg "0, %%" reg "1, %%" reg "9\n" op   \
     " %%" reg "0, %%" reg "1, %%" reg "10\n" op " %%" reg "0, %%" reg "1, %%" reg "11\n" op \
     " %%" reg "0, %%" reg "1, %%" reg "12\n" op " %%" reg "0, %%" reg "1, %%" reg "13\n"

#define REGISTERS                                                                          \
  "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", \
      "xmm11", "xmm12", "xmm13", "xmm14", "xmm15"

// All registers are zero: every value is exact, and none is a slow denormal.
#define KERNEL(name, op, reg)                                                          \
  void name() {                                                                        \
    asm volatile("vzeroall\n" ::: REGISTERS);                                          \
    for (long i = 0; i < kIterations; ++i) asm volatile(TWELVE(op, reg)::: REGISTERS); \
    asm volatile("vzeroupper\n" ::: REGISTERS);                                        \
  }

KERNEL(run_avx2, "vfmadd231ps", "ymm")
KERNEL(run_avx512, "vfmadd231ps", "zmm")
KERNEL(run_bf16, "vdpbf16ps", "zmm")
KERNEL(run_int8, "vpdpbusd", "zmm")

/// The best of all runs; `lanes` are the multiply-adds of one instruction.
double measure(void (*run)(), int lanes) {
  double best = 0;
  for (int i = 0; i < kRuns; ++i) {
    const auto start = Clock::now();
    run();
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    best = std::max(best, static_cast<double>(kIterations) * kAccumulators * lanes / seconds / 1e9);
  }
  return best;
}

}  // namespace

Peak measure_peak() {
  const bool avx512 = __builtin_cpu_supports("avx512f");
  const bool amx = __builtin_cpu_supports("amx-tile");
  Peak peak;
  if (avx512) {
    peak.f32 = measure(run_avx512, 16);
  } else if (__builtin_cpu_supports("fma")) {
    peak.f32 = measure(run_avx2, 8);
  }
  if (avx512 && !amx && __builtin_cpu_supports("avx512bf16")) peak.bf16 = measure(run_bf16, 32);
  if (avx512 && !amx && __builtin_cpu_supports("avx512vnni")) peak.int8 = measure(run_int8, 64);
  return peak;
}

}  // namespace mien::apps

#else

mien::apps::Peak mien::apps::measure_peak() { return {}; }

#endif
