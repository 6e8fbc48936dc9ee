#pragma once

#include <span>
#include <vector>

namespace mien::explain {

/// How much each pixel of a network's square input counts.
struct HeatMap {
  int side = 0;
  std::vector<float> values;  ///< [side, side], rows from the top

  float at(int x, int y) const {
    return values[static_cast<std::size_t>(y) * static_cast<std::size_t>(side) +
                  static_cast<std::size_t>(x)];
  }
  float largest() const;  ///< 0 where no value is positive
};

/// The map at another size: bilinear between the centers of its cells, the outermost repeated.
HeatMap resize(const HeatMap& map, int side);

/// The shares of the positive values by the height in the crop, where an upright face has brow and
/// eyes (the upper 45 %), nose and cheeks (the next 20 %), mouth and chin (the rest); all 0 where
/// no value is positive.
struct Bands {
  float eyes = 0;
  float nose = 0;
  float mouth = 0;
};
Bands bands(const HeatMap& map);

/// Spearman's rank correlation of two equally long series, -1 to 1; equal values share their mean
/// rank; 0 where one of the series is constant.
double rank_correlation(std::span<const float> a, std::span<const float> b);

/// Structural similarity (Wang et al. 2004) of two maps of one side, each scaled to 0..1: the mean
/// over all windows of 7 x 7. 1 for equal maps.
double structural_similarity(const HeatMap& a, const HeatMap& b);

}  // namespace mien::explain
