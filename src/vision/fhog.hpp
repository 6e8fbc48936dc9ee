#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "mien/image.hpp"

namespace mien::vision {

inline constexpr int kFhogPlanes = 31;  ///< 18 signed and 9 unsigned orientations, 4 of texture
inline constexpr int kFhogCell = 8;     ///< pixels a side
inline constexpr int kFhogFilter = 10;  ///< cells a side of a filter
inline constexpr int kFhogBlock = 16;   ///< floats that the hot loops take at a time
inline constexpr int kFhogBorderBefore =
    4;  ///< cells of zeros above and left of the image's own, so that a filter
inline constexpr int kFhogBorderAfter = 5;  ///< may reach outside; and below and right

/// Histograms of oriented gradients of a gray image (Felzenszwalb, Girshick, McAllester, Ramanan
/// 2010), with dlib's conventions, so that filters trained with dlib apply.
struct Fhog {
  int rows = 0;  ///< cells of the image, without its outermost ring of cells
  int cols = 0;
  std::ptrdiff_t stride =
      0;  ///< floats from one row of cells to the next, kFhogBlock or more after any column
  std::vector<float> values;  ///< [kFhogPlanes][rows + border][stride]; row r of the image is r +
                              ///< kFhogBorderBefore here

  std::ptrdiff_t padded_rows() const { return rows + kFhogBorderBefore + kFhogBorderAfter; }
  float* plane(int index) { return values.data() + index * padded_rows() * stride; }
  const float* plane(int index) const { return values.data() + index * padded_rows() * stride; }
};

/// Without cells (rows = cols = 0) where the image is smaller than 20 pixels.
Fhog extract_fhog(const ImageView& gray);

/// A product of a column and a row that is a part of the filter over one plane.
struct SeparableFilter {
  int plane = 0;
  float column[kFhogFilter] = {};
  float row[kFhogBlock] = {};  ///< zeros after kFhogFilter
};

/// Scores of a filter's parts at every position: element [r * score_stride(fhog) + c] belongs to
/// the filter whose top left cell is (r - kFhogBorderBefore, c - kFhogBorderBefore) of the image's;
/// r < fhog.rows, c < fhog.cols. `scratch` is working memory, kept between calls.
struct FhogScores {
  std::vector<float> values;
  std::vector<float> scratch;
};
std::ptrdiff_t score_stride(const Fhog& fhog);
void correlate(const Fhog& fhog, std::span<const SeparableFilter> parts, FhogScores& scores);

/// The score at one position, 0 <= row < fhog.rows, 0 <= col < fhog.cols: up to rounding what
/// `correlate` gives there.
float correlate_at(const Fhog& fhog, std::span<const SeparableFilter> parts, int row, int col);

}  // namespace mien::vision
