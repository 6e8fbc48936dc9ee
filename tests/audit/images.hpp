#pragma once

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "datasets/dataset.hpp"

namespace mien::test {

/// A smooth image of its own, as photos are: waves of low frequency under a little noise.
inline datasets::Sample waves(unsigned seed, Emotion emotion = Emotion::kHappy,
                              datasets::Split split = datasets::Split::kTraining) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> draw(-1, 1);
  datasets::Sample sample{.emotion = static_cast<std::int8_t>(emotion),
                          .split = split,
                          .row = static_cast<std::int32_t>(seed)};
  struct Wave {
    double x, y, phase, height;
  };
  std::vector<Wave> waves;
  for (int i = 0; i < 12; ++i)
    waves.push_back(
        {0.35 * draw(random), 0.35 * draw(random), 3 * draw(random), 30 * draw(random)});
  for (int y = 0; y < datasets::kFaceSize; ++y) {
    for (int x = 0; x < datasets::kFaceSize; ++x) {
      double gray = 128 + 3 * draw(random);
      for (const Wave& wave : waves)
        gray += wave.height * std::sin(wave.x * x + wave.y * y + wave.phase);
      sample.pixels[static_cast<std::size_t>(y * datasets::kFaceSize + x)] =
          static_cast<std::uint8_t>(std::clamp(gray, 0.0, 255.0));
    }
  }
  return sample;
}

inline datasets::Sample mirror_image(datasets::Sample sample) {
  for (int y = 0; y < datasets::kFaceSize; ++y)
    std::reverse(sample.pixels.begin() + y * datasets::kFaceSize,
                 sample.pixels.begin() + (y + 1) * datasets::kFaceSize);
  return sample;
}

/// Darker, with less contrast.
inline datasets::Sample faded(datasets::Sample sample) {
  for (std::uint8_t& gray : sample.pixels) gray = static_cast<std::uint8_t>(0.7 * gray + 10);
  return sample;
}

/// Moved by `by` pixels to the right; the left edge repeats.
inline datasets::Sample shifted(const datasets::Sample& sample, int by) {
  datasets::Sample out = sample;
  for (int y = 0; y < datasets::kFaceSize; ++y) {
    for (int x = 0; x < datasets::kFaceSize; ++x)
      out.pixels[static_cast<std::size_t>(y * datasets::kFaceSize + x)] =
          sample.pixels[static_cast<std::size_t>(y * datasets::kFaceSize + std::max(0, x - by))];
  }
  return out;
}

/// White with two black lines, each of a place and length of its own.
inline datasets::Sample drawing(unsigned row) {
  datasets::Sample sample{.emotion = 0, .row = static_cast<std::int32_t>(row)};
  sample.pixels.fill(255);
  const auto line = [&](unsigned y, unsigned length) {
    std::fill_n(sample.pixels.begin() + y * datasets::kFaceSize + 2, length, std::uint8_t{0});
  };
  line(5 + row % 19, 10 + row / 19 % 30);
  line(27 + row % 17, 12 + row / 17 % 30);
  return sample;
}

}  // namespace mien::test
