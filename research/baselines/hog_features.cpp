#include "baselines/hog_features.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <span>

#include "base/file.hpp"
#include "mien/error.hpp"

namespace mien::baselines {
namespace {

/// A position between the bins `first` and `first + 1`, with the weight of the second.
struct Between {
  int first;
  float second_share;
};

/// `place` 0 is the center of bin 0.
Between between(float place) {
  const float floor = std::floor(place);
  return {static_cast<int>(floor), place - floor};
}

Between orientation(float dx, float dy) {
  const float degrees = std::atan2(dy, dx) * 180 / std::numbers::pi_v<float>;  // -180 to 180
  return between((degrees < 0 ? degrees + 180 : degrees) * kHogOrientations / 180 - 0.5F);
}

/// Scales the block to length 1; near-zero blocks stay near zero.
void normalize(std::span<float> block) {
  constexpr float kMin = 1e-3F;
  float squares = kMin * kMin;
  for (const float value : block) squares += value * value;
  for (float& value : block) value /= std::sqrt(squares);
}

}  // namespace

std::vector<float> hog_cells(const ImageView& gray) {
  if (gray.format != PixelFormat::kGray8 || gray.width < 2 * kHogCell ||
      gray.height < 2 * kHogCell) {
    throw Error(ErrorCode::kInvalidArgument,
                base::format("HOG features need a gray image of at least 16 x 16, not %d x %d",
                             gray.width, gray.height));
  }
  const int columns = gray.width / kHogCell, rows = gray.height / kHogCell;
  std::vector<float> cells(static_cast<std::size_t>(columns * rows * kHogOrientations));
  for (int y = 0; y < rows * kHogCell; ++y) {
    const std::uint8_t* const above = gray.row(std::max(y - 1, 0));
    const std::uint8_t* const here = gray.row(y);
    const std::uint8_t* const below = gray.row(std::min(y + 1, gray.height - 1));
    const Between row = between((static_cast<float>(y) + 0.5F) / kHogCell - 0.5F);
    for (int x = 0; x < columns * kHogCell; ++x) {
      const auto dx =
          static_cast<float>(here[std::min(x + 1, gray.width - 1)] - here[std::max(x - 1, 0)]);
      const auto dy = static_cast<float>(below[x] - above[x]);
      const float length = std::hypot(dx, dy);
      if (length == 0) continue;
      const Between column = between((static_cast<float>(x) + 0.5F) / kHogCell - 0.5F);
      const Between bin = orientation(dx, dy);
      for (int part = 0; part < 8; ++part) {
        const auto side = [part](const Between& b, int bit) { return b.first + (part >> bit & 1); };
        const auto share = [part](const Between& b, int bit) {
          return (part >> bit & 1) != 0 ? b.second_share : 1 - b.second_share;
        };
        const int r = side(row, 0), c = side(column, 1),
                  o = (side(bin, 2) + kHogOrientations) % kHogOrientations;
        if (r < 0 || r >= rows || c < 0 || c >= columns) continue;
        cells[static_cast<std::size_t>((r * columns + c) * kHogOrientations + o)] +=
            length * share(row, 0) * share(column, 1) * share(bin, 2);
      }
    }
  }
  return cells;
}

std::vector<float> hog_features(const ImageView& gray) {
  constexpr float kMax = 0.2F;  // clipping value of the paper
  const std::vector<float> cells = hog_cells(gray);
  const int columns = gray.width / kHogCell, rows = gray.height / kHogCell;
  std::vector<float> out;
  for (int r = 0; r + 1 < rows; ++r) {
    for (int c = 0; c + 1 < columns; ++c) {
      std::array<float, 4 * kHogOrientations> block;
      for (int half = 0; half < 2; ++half) {  // two cells side by side
        const auto first = cells.begin() + ((r + half) * columns + c) * kHogOrientations;
        std::copy_n(first, 2 * kHogOrientations, block.begin() + half * 2 * kHogOrientations);
      }
      normalize(block);
      for (float& value : block) value = std::min(value, kMax);
      normalize(block);
      out.insert(out.end(), block.begin(), block.end());
    }
  }
  return out;
}

}  // namespace mien::baselines
