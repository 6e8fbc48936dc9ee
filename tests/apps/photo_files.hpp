#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <vector>

#include "base/file.hpp"
#include "vision/encode.hpp"

namespace mien::test {

/// A gray image with a gradient: no face.
inline Image gradient(int width, int height) {
  Image image(width, height, PixelFormat::kGray8);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x)
      image.row(y)[x] = static_cast<std::uint8_t>(255 * (x + y) / (width + height));
  }
  return image;
}

/// A small PNG file whose header claims another size, its check sum included.
inline std::vector<std::byte> png_claiming(std::uint32_t width, std::uint32_t height) {
  std::vector<std::byte> bytes = vision::encode_png(gradient(8, 8));
  const auto put = [&](std::size_t at, std::uint32_t value) {
    for (int i = 0; i < 4; ++i) bytes[at + i] = static_cast<std::byte>(value >> (24 - 8 * i));
  };
  put(16, width);
  put(20, height);
  std::uint32_t crc = 0xffffffff;  // over the chunk's name and data
  for (std::size_t at = 12; at < 29; ++at) {
    crc ^= static_cast<std::uint32_t>(bytes[at]);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xedb88320 : 0);
  }
  put(29, ~crc);
  return bytes;
}

/// Files that predict cannot read, in `folder`: empty.jpg, truncated.jpg, text.jpg, huge.png.
inline std::vector<std::string> write_bad_photos(const std::filesystem::path& folder) {
  const std::vector<std::byte> jpeg = vision::encode_jpeg(gradient(320, 240), 90);
  base::write_file(folder / "empty.jpg", std::string_view());
  base::write_file(folder / "truncated.jpg", std::span(jpeg).first(jpeg.size() / 2));
  base::write_file(folder / "text.jpg", "It was a dark and stormy night.\n");
  base::write_file(folder / "huge.png", png_claiming(30000, 30000));
  return {"empty.jpg", "truncated.jpg", "text.jpg", "huge.png"};
}

}  // namespace mien::test
