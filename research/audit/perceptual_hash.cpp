#include "audit/perceptual_hash.hpp"

#include <array>
#include <cmath>
#include <numbers>

namespace mien::audit {
namespace {

constexpr int kFrequencies = 8;
using Waves = std::array<std::array<float, datasets::kFaceSize>, kFrequencies>;

Waves make_waves() {
  Waves waves{};
  for (int k = 0; k < kFrequencies; ++k) {
    for (int i = 0; i < datasets::kFaceSize; ++i)
      waves[k][i] = static_cast<float>(
          std::cos(std::numbers::pi * (k + 1) * (i + 0.5) / datasets::kFaceSize));
  }
  return waves;
}

}  // namespace

std::uint64_t perceptual_hash(std::span<const std::uint8_t, datasets::kFacePixels> pixels) {
  static const Waves waves = make_waves();
  std::array<std::array<float, datasets::kFaceSize>, kFrequencies>
      columns{};  // [horizontal frequency, row]
  for (int u = 0; u < kFrequencies; ++u) {
    for (int y = 0; y < datasets::kFaceSize; ++y) {
      for (int x = 0; x < datasets::kFaceSize; ++x)
        columns[u][y] +=
            waves[u][x] *
            static_cast<float>(pixels[static_cast<std::size_t>(y * datasets::kFaceSize + x)]);
    }
  }
  std::uint64_t hash = 0;
  for (int v = 0; v < kFrequencies; ++v) {
    for (int u = 0; u < kFrequencies; ++u) {
      float sum = 0;
      for (int y = 0; y < datasets::kFaceSize; ++y) sum += waves[v][y] * columns[u][y];
      hash |= static_cast<std::uint64_t>(sum > 0) << (v * kFrequencies + u);
    }
  }
  return hash;
}

}  // namespace mien::audit
