#include "vision/exif_orientation.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>

namespace mien::vision {
namespace {

/// Reads numbers in the block's byte order; outside the block everything is 0.
class ExifReader {
 public:
  explicit ExifReader(std::span<const std::byte> bytes)
      : bytes_(bytes), little_(bytes.size() > 0 && bytes[0] == std::byte{'I'}) {}

  std::uint32_t number(std::size_t offset, std::size_t size) const {
    if (offset > bytes_.size() || size > bytes_.size() - offset) return 0;
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < size; ++i) {
      const std::size_t at = little_ ? offset + size - 1 - i : offset + i;
      value = value << 8 | std::to_integer<std::uint32_t>(bytes_[at]);
    }
    return value;
  }

 private:
  std::span<const std::byte> bytes_;
  bool little_;
};

/// Copies pixel (x, y) of the result from where `orientation` stored it; in tiles, so that turned
/// images stay in cache.
template <int kChannels>
void turn(const Image& in, Image& out, int orientation) {
  constexpr int kTile = 32;
  const bool transposed = orientation >= 5;
  const bool from_right =
      orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool from_bottom =
      orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  for (int y0 = 0; y0 < out.height(); y0 += kTile) {
    for (int x0 = 0; x0 < out.width(); x0 += kTile) {
      const int y1 = std::min(y0 + kTile, out.height());
      const int x1 = std::min(x0 + kTile, out.width());
      for (int y = y0; y < y1; ++y) {
        std::uint8_t* target = out.row(y) + static_cast<std::ptrdiff_t>(x0) * kChannels;
        for (int x = x0; x < x1; ++x, target += kChannels) {
          int column = transposed ? y : x;
          int row = transposed ? x : y;
          if (from_right) column = in.width() - 1 - column;
          if (from_bottom) row = in.height() - 1 - row;
          std::memcpy(target, in.row(row) + static_cast<std::ptrdiff_t>(column) * kChannels,
                      kChannels);
        }
      }
    }
  }
}

}  // namespace

int exif_orientation(std::span<const std::byte> exif) {
  constexpr std::uint32_t kOrientationTag = 0x0112;
  constexpr std::uint32_t kShort = 3;
  const ExifReader reader(exif);
  if (exif.size() < 8 || exif[0] != exif[1] ||
      (exif[0] != std::byte{'I'} && exif[0] != std::byte{'M'}))
    return 1;
  if (reader.number(2, 2) != 42) return 1;
  const std::size_t directory = reader.number(4, 4);
  const std::size_t entries = reader.number(directory, 2);
  for (std::size_t i = 0; i < entries; ++i) {
    const std::size_t entry = directory + 2 + 12 * i;
    if (reader.number(entry, 2) != kOrientationTag) continue;
    const std::uint32_t value = reader.number(entry + 8, 2);
    return reader.number(entry + 2, 2) == kShort && value >= 1 && value <= 8
               ? static_cast<int>(value)
               : 1;
  }
  return 1;
}

Image apply_orientation(Image image, int orientation) {
  if (orientation <= 1 || orientation > 8) return image;
  const bool transposed = orientation >= 5;
  Image out(transposed ? image.height() : image.width(),
            transposed ? image.width() : image.height(), image.format());
  if (image.channels() == 1)
    turn<1>(image, out, orientation);
  else
    turn<3>(image, out, orientation);
  return out;
}

}  // namespace mien::vision
