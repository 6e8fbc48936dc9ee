#pragma once

#include <bit>
#include <cstdint>
#include <span>

#include "datasets/dataset.hpp"

namespace mien::audit {

/// 64-bit hash that is robust against changes of brightness, contrast, size and compression: the
/// signs of the DCT coefficients 1 to 8 in both directions (after Zauner 2010, "pHash", which
/// compares with their median).
std::uint64_t perceptual_hash(std::span<const std::uint8_t, datasets::kFacePixels> pixels);

/// The hash of the mirror image: coefficients of odd horizontal frequency are negated.
constexpr std::uint64_t mirrored(std::uint64_t hash) { return hash ^ 0x5555555555555555u; }

/// Number of different bits, 0 to 64; about 32 for unrelated images.
constexpr int hash_distance(std::uint64_t a, std::uint64_t b) { return std::popcount(a ^ b); }

}  // namespace mien::audit
