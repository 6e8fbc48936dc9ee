#pragma once

#include <vector>

#include "mien/image.hpp"

namespace mien::baselines {

inline constexpr int kHogCell = 8;          ///< side in pixels
inline constexpr int kHogOrientations = 9;  ///< unsigned, 20 degrees each, 0 to 180

/// Histograms of oriented gradients (Dalal and Triggs 2005) before normalization: [height / 8,
/// width / 8, 9]. The gradient of a pixel is (right - left, below - above), with replicated
/// borders. Its length is interpolated linearly between the two nearest orientations (centers at
/// 10, 30, … 170 degrees) and the nearest cells; votes for cells outside the image are dropped.
/// Throws Error kInvalidArgument unless the image is gray and at least 16 x 16; partial cells are
/// ignored.
std::vector<float> hog_cells(const ImageView& gray);

/// The descriptor: blocks of 2 x 2 cells, with stride 1, [height / 8 - 1,
/// width / 8 - 1, 2, 2, 9]. Each block is normalized to length 1, clipped at 0.2, and normalized
/// again (L2-Hys). Without the paper's Gaussian window over the block.
std::vector<float> hog_features(const ImageView& gray);

}  // namespace mien::baselines
