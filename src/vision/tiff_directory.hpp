#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace mien::vision {

/// The first directory of a classic TIFF structure, as in TIFF and RAW files and EXIF blocks. Reads
/// no byte outside the block.
class TiffDirectory {
 public:
  explicit TiffDirectory(std::span<const std::byte> bytes);

  /// The first value of a tag of type BYTE, SHORT or LONG; empty if the block is damaged or has no
  /// such tag.
  std::optional<std::uint32_t> value(std::uint16_t tag) const;
  bool has(std::uint16_t tag) const { return entry(tag).has_value(); }

 private:
  std::uint32_t number(std::size_t offset, std::size_t size) const;  ///< 0 outside the block
  std::optional<std::size_t> entry(std::uint16_t tag) const;

  std::span<const std::byte> bytes_;
  bool little_ = false;
  std::size_t directory_ = 0;
  std::size_t entries_ = 0;
};

}  // namespace mien::vision
