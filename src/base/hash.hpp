#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace mien::base {

/// FNV-1a with 64 bits (Fowler, Noll, Vo): the same for the same bytes on every machine, however
/// they are divided over the calls. Not for hostile input.
class Fnv1a {
 public:
  constexpr void add(std::uint8_t byte) { value_ = (value_ ^ byte) * 0x100000001b3u; }
  constexpr void add(std::span<const std::uint8_t> bytes) {
    for (const std::uint8_t byte : bytes) add(byte);
  }
  constexpr void add(std::string_view text) {
    for (const char c : text) add(static_cast<std::uint8_t>(c));
  }
  constexpr std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 0xcbf29ce484222325u;
};

/// The hash of all bytes: fnv1a(text), fnv1a(span of bytes).
template <class Bytes>
constexpr std::uint64_t fnv1a(const Bytes& bytes) {
  Fnv1a hash;
  hash.add(bytes);
  return hash.value();
}

/// Identifies a file's content: FNV-1a over little-endian words of 64 bits, the last one filled
/// with zeros, and the size. Eight times as fast as byte by byte.
inline std::uint64_t content_hash(std::span<const std::byte> bytes) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  const auto add = [&](std::uint64_t word) { hash = (hash ^ word) * 0x100000001b3u; };
  for (std::size_t i = 0; i < bytes.size(); i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + i, std::min<std::size_t>(8, bytes.size() - i));
    if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
    add(word);
  }
  add(bytes.size());
  return hash ^ hash >> 32;
}

}  // namespace mien::base
