#pragma once

#include <span>
#include <string_view>

#include "baselines/nearest_neighbors.hpp"
#include "datasets/dataset.hpp"

namespace mien::baselines {

enum class Features {
  kPixels,  ///< [48 * 48] gray values, less their mean and divided by their standard deviation; a
            ///< flat picture is 0
  kHog,     ///< [5, 5, 2, 2, 9] hog_features.hpp
};
std::string_view to_string(Features features);  ///< "pixels", "hog"

/// A row a picture.
FeatureTable features_of(std::span<const datasets::Sample* const> pictures, Features features);

}  // namespace mien::baselines
