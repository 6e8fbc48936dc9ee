#pragma once

#include <cstdlib>
#include <optional>
#include <string>

#include "datasets/dataset.hpp"
#include "support.hpp"

namespace mien::test {

/// An image whose pixels depend on `seed`, so that two seeds below 256 give two images.
inline datasets::Sample make_sample(int seed, int emotion, datasets::Split split) {
  datasets::Sample sample;
  for (int i = 0; i < datasets::kFacePixels; ++i)
    sample.pixels[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(seed + i);
  sample.emotion = static_cast<std::int8_t>(emotion);
  sample.split = split;
  return sample;
}

/// The pixels column of a FER2013 row with every pixel at `value`.
inline std::string flat_pixels(const std::string& value) {
  std::string text = value;
  for (int i = 1; i < datasets::kFacePixels; ++i) text += " " + value;
  return text;
}

/// The real FER2013, where the optional data folder has it and xz can unpack it.
inline std::optional<datasets::Dataset> read_real_fer2013() {
  const auto archive = shared_path("data/fer2013.csv.xz");
  if (!archive) return std::nullopt;
  const TemporaryDir folder;
  const auto csv = folder / "fer2013.csv";
  const std::string command = "xz -dc '" + archive->string() + "' > '" + csv.string() + "'";
  if (std::system(command.c_str()) != 0) return std::nullopt;
  return datasets::read_dataset(csv);
}

}  // namespace mien::test
