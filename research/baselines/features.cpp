#include "baselines/features.hpp"

#include <algorithm>
#include <cmath>

#include "baselines/hog_features.hpp"

namespace mien::baselines {
namespace {

void write_pixels(const datasets::Sample& image, std::span<float> row) {
  double sum = 0, squares = 0;
  for (const std::uint8_t pixel : image.pixels) sum += pixel, squares += pixel * pixel;
  const double mean = sum / datasets::kFacePixels,
               variance = squares / datasets::kFacePixels - mean * mean;
  const double scale = variance > 0 ? 1 / std::sqrt(variance) : 0;
  std::transform(image.pixels.begin(), image.pixels.end(), row.begin(),
                 [&](std::uint8_t pixel) { return static_cast<float>((pixel - mean) * scale); });
}

void write_hog(const datasets::Sample& image, std::span<float> row) {
  const std::vector<float> hog =
      hog_features({image.pixels.data(), datasets::kFaceSize, datasets::kFaceSize,
                    datasets::kFaceSize, PixelFormat::kGray8});
  std::copy(hog.begin(), hog.end(), row.begin());
}

constexpr std::size_t kHogBlocks = datasets::kFaceSize / kHogCell - 1;  ///< per side

}  // namespace

std::string_view to_string(Features features) {
  return features == Features::kPixels ? "pixels" : "hog";
}

FeatureTable features_of(std::span<const datasets::Sample* const> images, Features features) {
  const bool pixels = features == Features::kPixels;
  FeatureTable table(images.size(), pixels ? datasets::kFacePixels
                                           : kHogBlocks * kHogBlocks * 4 * kHogOrientations);
  for (std::size_t i = 0; i < images.size(); ++i)
    (pixels ? write_pixels : write_hog)(*images[i], table.row(i));
  return table;
}

}  // namespace mien::baselines
