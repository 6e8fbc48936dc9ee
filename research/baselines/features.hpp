#pragma once

#include <span>
#include <string_view>

#include "baselines/nearest_neighbors.hpp"
#include "datasets/dataset.hpp"

namespace mien::baselines {

enum class Features {
  kPixels,  ///< [48 * 48] gray values, standardized to mean 0 and deviation 1; a constant image is
            ///< 0
  kHog,     ///< [5, 5, 2, 2, 9] hog_features.hpp
};
std::string_view to_string(Features features);  ///< "pixels", "hog"

/// One row per image.
FeatureTable features_of(std::span<const datasets::Sample* const> images, Features features);

}  // namespace mien::baselines
