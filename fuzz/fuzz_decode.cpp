#include <cstddef>
#include <cstdint>
#include <span>

#include "mien/error.hpp"
#include "vision/decode.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  const mien::vision::DecodeLimits limits{.max_pixels = 4'000'000, .max_side = 8'000};
  try {
    const mien::vision::ImageInfo info = mien::vision::read_image_info(bytes, "fuzz", limits);
    const mien::Image image = mien::vision::decode_image(bytes, "fuzz", limits);
    if (image.width() != info.width || image.height() != info.height) __builtin_trap();
  } catch (const mien::Error&) {
  }
  return 0;
}
