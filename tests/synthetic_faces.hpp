#pragma once

#include <random>

#include "datasets/dataset.hpp"

namespace mien::test {

/// Images that a small network learns quickly: each class has bright stripes at its own position,
/// with noise. `per_class` images for training, a quarter of that for each other split.
inline datasets::Dataset synthetic_faces(int per_class, unsigned seed = 1) {
  datasets::Dataset dataset;
  std::mt19937 random(seed);
  for (const datasets::Split split :
       {datasets::Split::kTraining, datasets::Split::kPublicTest, datasets::Split::kPrivateTest}) {
    const int count = split == datasets::Split::kTraining ? per_class : (per_class + 3) / 4;
    for (int i = 0; i < count * kEmotionCount; ++i) {
      datasets::Sample sample;
      sample.emotion = static_cast<std::int8_t>(i % kEmotionCount);
      sample.split = split;
      sample.row = static_cast<std::int32_t>(dataset.size());
      for (int p = 0; p < datasets::kFacePixels; ++p) {
        const bool stripe = p / datasets::kFaceSize / 6 == sample.emotion;
        sample.pixels[static_cast<std::size_t>(p)] =
            static_cast<std::uint8_t>((stripe ? 160 : 40) + random() % 60);
      }
      dataset.push_back(sample);
    }
  }
  return dataset;
}

}  // namespace mien::test
