#include "vision/orientation.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "vision/tiff_directory.hpp"

namespace mien::vision {
namespace {

/// Copies pixel (x, y) of the result from where `orientation` stored it; in tiles, to stay in
/// cache.
template <int kChannels>
void rotate(const Image& in, Image& out, int orientation) {
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

std::optional<int> exif_orientation(std::span<const std::byte> exif) {
  constexpr std::uint16_t kOrientation = 0x0112;
  const std::optional<std::uint32_t> value = TiffDirectory(exif).value(kOrientation);
  if (!value || *value < 1 || *value > 8) return std::nullopt;
  return static_cast<int>(*value);
}

std::optional<int> xmp_orientation(std::span<const std::byte> xmp) {
  constexpr std::string_view kName = "tiff:Orientation", kBetween = "=\"'> \t\r\n";
  const std::string_view text(reinterpret_cast<const char*>(xmp.data()), xmp.size());
  std::size_t at = text.find(kName);
  if (at == std::string_view::npos) return std::nullopt;
  at = text.find_first_not_of(kBetween, at + kName.size());
  if (at == std::string_view::npos || text[at] < '1' || text[at] > '8') return std::nullopt;
  return text[at] - '0';
}

Image apply_orientation(Image image, int orientation) {
  if (orientation <= 1 || orientation > 8) return image;
  const bool transposed = orientation >= 5;
  Image out(transposed ? image.height() : image.width(),
            transposed ? image.width() : image.height(), image.format());
  if (image.channels() == 1)
    rotate<1>(image, out, orientation);
  else
    rotate<3>(image, out, orientation);
  return out;
}

}  // namespace mien::vision
