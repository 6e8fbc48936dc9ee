#pragma once

namespace mien::apps {

/// The most that one core of this machine multiplies and adds, in thousand millions a second; 0
/// where it is not known.
struct Peak {
  double f32 = 0;   ///< FMA
  double bf16 = 0;  ///< AVX512-BF16
  double int8 = 0;  ///< AVX512-VNNI
};

/// Measures for some 0.3 s, by independent sums in registers. Knows no limit of a CPU with AMX
/// (bf16, int8) or of another kind than x86-64.
Peak measure_peak();

}  // namespace mien::apps
