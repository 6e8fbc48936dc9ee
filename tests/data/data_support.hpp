#pragma once

#include <filesystem>
#include <string>

#include "data/dataset.hpp"

namespace mien::test {

/// A picture whose pixels depend on `seed`, so that two seeds below 256 give two pictures.
inline Sample make_sample(int seed, int emotion, Split split) {
  Sample sample;
  for (int i = 0; i < kFacePixels; ++i)
    sample.pixels[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(seed + i);
  sample.emotion = static_cast<std::int8_t>(emotion);
  sample.split = split;
  return sample;
}

/// The pixels column of a FER2013 row with every pixel at `value`.
inline std::string flat_pixels(const std::string& value) {
  std::string text = value;
  for (int i = 1; i < kFacePixels; ++i) text += " " + value;
  return text;
}

}  // namespace mien::test
