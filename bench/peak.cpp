// Peak throughput of one core of this machine (common/peak.hpp), as JSON.
#include "common/peak.hpp"

#include <cstdio>

int main() {
  const mien::apps::Peak peak = mien::apps::measure_peak();
  std::printf("{\"f32\": %.1f, \"bf16\": %.1f, \"int8\": %.1f}\n", peak.f32, peak.bf16, peak.int8);
}
