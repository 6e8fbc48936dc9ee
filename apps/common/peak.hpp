#pragma once

namespace mien::apps {

/// The peak of one core of this machine in GMAC/s (10^9 multiply-accumulate operations per second);
/// 0: unknown.
struct Peak {
  double f32 = 0;   ///< FMA
  double bf16 = 0;  ///< AVX512-BF16
  double int8 = 0;  ///< AVX512-VNNI
};

/// Measures for about 0.3 s with independent sums in registers. CPUs with AMX (bf16, int8) and
/// other architectures than x86-64 are unsupported: their peaks are unknown.
Peak measure_peak();

}  // namespace mien::apps
