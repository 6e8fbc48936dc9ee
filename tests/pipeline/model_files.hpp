#pragma once

#include <filesystem>

#include "engine/reference_model.hpp"
#include "mien/image.hpp"
#include "model/classifier.hpp"

namespace mien::test {

/// Writes an emotion network of the reference's shape with random weights: its answers mean
/// nothing, but differ from face to face.
inline void write_random_classifier(const std::filesystem::path& path,
                                    const base::CropGeometry& hog_crop = {},
                                    double temperature = 1) {
  model::Model model = reference_model();
  model::ClassifierInfo info;
  info.labels = {"angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"};
  info.mean = 129;
  info.std = 65;
  info.temperature = temperature;
  info.crops["hog"] = hog_crop;
  model::write_classifier_info(model, info);
  model::write_onnx(model, path);
}

/// A gray image of the network's size with blobs of a place of its own.
inline Image blobs(unsigned seed) {
  Image image(48, 48, PixelFormat::kGray8);
  for (int y = 0; y < 48; ++y) {
    for (int x = 0; x < 48; ++x) {
      image.row(y)[x] = static_cast<std::uint8_t>(128 + 100 * std::sin(0.2 * x + seed) *
                                                            std::cos(0.15 * y * (1 + seed % 3)));
    }
  }
  return image;
}

}  // namespace mien::test
