#include "audit/flatness.hpp"

#include <algorithm>
#include <array>

namespace mien::audit {

float flatness(std::span<const std::uint8_t, datasets::kFacePixels> pixels) {
  constexpr int kNear = 2;
  std::array<int, 256 + 2 * kNear> counts{};
  for (const std::uint8_t gray : pixels) ++counts[gray + kNear];
  int max = 0;
  for (std::size_t gray = 0; gray < 256; ++gray) {
    int near = 0;
    for (std::size_t i = 0; i <= 2 * kNear; ++i) near += counts[gray + i];
    max = std::max(max, near);
  }
  return static_cast<float>(max) / datasets::kFacePixels;
}

}  // namespace mien::audit
