#include "vision/color_map.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace mien::vision {
namespace {

/// Every 16th of the map; linear interpolation deviates by at most 7 of 255.
constexpr std::array<Rgb, 17> kInferno = {{{0, 0, 4},
                                           {11, 7, 36},
                                           {33, 12, 74},
                                           {61, 9, 101},
                                           {87, 16, 110},
                                           {113, 25, 110},
                                           {138, 34, 106},
                                           {163, 44, 97},
                                           {188, 55, 84},
                                           {208, 69, 69},
                                           {227, 89, 51},
                                           {241, 113, 31},
                                           {249, 140, 10},
                                           {252, 170, 15},
                                           {249, 201, 50},
                                           {242, 232, 101},
                                           {252, 255, 164}}};

}  // namespace

Rgb inferno(float value) {
  const float place = std::clamp(value > 0 ? value : 0.0F, 0.0F, 1.0F) * (kInferno.size() - 1);
  const auto low = std::min(static_cast<std::size_t>(place), kInferno.size() - 2);
  const float part = place - static_cast<float>(low);
  const auto mix = [part](std::uint8_t a, std::uint8_t b) {
    return static_cast<std::uint8_t>(
        std::lround(std::lerp(static_cast<float>(a), static_cast<float>(b), part)));
  };
  const Rgb &a = kInferno[low], &b = kInferno[low + 1];
  return {mix(a.red, b.red), mix(a.green, b.green), mix(a.blue, b.blue)};
}

}  // namespace mien::vision
