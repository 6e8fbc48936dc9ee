#pragma once

#include <bit>
#include <cstdint>
#include <span>

#include "datasets/dataset.hpp"

namespace mien::audit {

/// 64 bits that change little when a picture's brightness, contrast, size or compression do: the
/// signs of the cosine transform's coefficients of frequency 1 to 8 in both directions (Zauner
/// 2010, "pHash", which compares with their median).
std::uint64_t perceptual_hash(std::span<const std::uint8_t, datasets::kFacePixels> pixels);

/// The hash of the mirror image: coefficients of odd horizontal frequency change their sign.
constexpr std::uint64_t mirrored(std::uint64_t hash) { return hash ^ 0x5555555555555555u; }

/// How many bits differ, 0 to 64; pictures that have nothing in common differ in 32 on the average.
constexpr int hash_distance(std::uint64_t a, std::uint64_t b) { return std::popcount(a ^ b); }

}  // namespace mien::audit
