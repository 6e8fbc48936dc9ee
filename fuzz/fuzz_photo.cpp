#include <cstddef>
#include <cstdint>
#include <span>

#include "mien/error.hpp"
#include "vision/decode.hpp"

/// Scaled decoding. The limits admit JPEGs that are decoded at half their size.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  const mien::vision::DecodeLimits limits{
      .max_pixels = 4'000'000, .max_source_pixels = 16'000'000, .max_side = 8'000};
  try {
    const mien::vision::ScaledImage photo = mien::vision::decode_photo(bytes, "fuzz", limits);
    const auto fits = [](int decoded, int original) {
      return decoded == original || decoded == (original + 1) / 2;
    };
    if (!fits(photo.image.width(), photo.original_width) ||
        !fits(photo.image.height(), photo.original_height))
      __builtin_trap();
  } catch (const mien::Error&) {
  }
  return 0;
}
