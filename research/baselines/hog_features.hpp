#pragma once

#include <vector>

#include "mien/image.hpp"

namespace mien::baselines {

inline constexpr int kHogCell = 8;  ///< pixels a side
inline constexpr int kHogOrientations =
    9;  ///< of 20 degrees each, from 0 to 180: a gradient counts as its opposite

/// Histograms of oriented gradients (Dalal and Triggs 2005) before they are normalised: [height /
/// 8, width / 8, 9]. The gradient of a pixel is (right - left, below - above), where a pixel beyond
/// the edge is that at the edge. Its length is shared out linearly between the two nearest
/// orientations (centres at 10, 30, … 170 degrees) and the nearest cells in both directions; the
/// part of cells beyond the picture is lost. Gray images of at least 16 x 16 pixels, whole cells of
/// which count; else throws Error kInvalidArgument.
std::vector<float> hog_cells(const ImageView& gray);

/// The descriptor: blocks of 2 x 2 cells, one at each cell but the last ones, [height / 8 - 1,
/// width / 8 - 1, 2, 2, 9]. A block is brought to length 1, cut off at 0.2, and brought to length 1
/// again (L2-Hys); where nothing is, it stays 0. Without the paper's Gaussian window over the
/// block.
std::vector<float> hog_features(const ImageView& gray);

}  // namespace mien::baselines
