#pragma once

#include <cstddef>
#include <cstdint>
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

}  // namespace mien::base
