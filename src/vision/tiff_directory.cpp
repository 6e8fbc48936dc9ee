#include "vision/tiff_directory.hpp"

#include <algorithm>

namespace mien::vision {
namespace {

constexpr std::size_t kEntrySize = 12;

}  // namespace

TiffDirectory::TiffDirectory(std::span<const std::byte> bytes) : bytes_(bytes) {
  if (bytes.size() < 8 || bytes[0] != bytes[1] ||
      (bytes[0] != std::byte{'I'} && bytes[0] != std::byte{'M'}))
    return;
  little_ = bytes[0] == std::byte{'I'};
  if (number(2, 2) != 42) return;
  directory_ = number(4, 4);
  entries_ = number(directory_, 2);
}

std::uint32_t TiffDirectory::number(std::size_t offset, std::size_t size) const {
  if (offset > bytes_.size() || size > bytes_.size() - offset) return 0;
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < size; ++i) {
    const std::size_t at = little_ ? offset + size - 1 - i : offset + i;
    value = value << 8 | std::to_integer<std::uint32_t>(bytes_[at]);
  }
  return value;
}

std::optional<std::size_t> TiffDirectory::entry(std::uint16_t tag) const {
  for (std::size_t i = 0; i < entries_; ++i) {
    const std::size_t at = directory_ + 2 + kEntrySize * i;
    if (at >= bytes_.size()) break;
    if (number(at, 2) == tag) return at;
  }
  return std::nullopt;
}

std::optional<std::uint32_t> TiffDirectory::value(std::uint16_t tag) const {
  constexpr std::uint32_t kByte = 1, kShort = 3, kLong = 4;
  const std::optional<std::size_t> at = entry(tag);
  if (!at) return std::nullopt;
  switch (number(*at + 2, 2)) {
    case kByte:
      return number(*at + 8, 1);
    case kShort:
      return number(*at + 8, 2);
    case kLong:
      return number(*at + 8, 4);
    default:
      return std::nullopt;
  }
}

}  // namespace mien::vision
