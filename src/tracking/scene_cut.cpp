#include "tracking/scene_cut.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

namespace mien::tracking {
namespace {

constexpr int kColumns = 32, kRows = 24, kSamples = 4;  ///< samples a side of each cell
constexpr double kThreshold = 0.1;                      ///< of the range from black to white
constexpr double kMaxStep = 0.25;                       ///< seconds

/// Mean brightness of cells, 0 to 1, from a few of their pixels.
std::vector<float> thumbnail(const ImageView& frame) {
  std::vector<float> cells;
  cells.reserve(kColumns * kRows);
  const int bytes = channels(frame.format), green = bytes / 2;
  const auto at = [](int cell, int sample, int cells_in_all, int side) {
    return (cell * kSamples + sample) * side / (cells_in_all * kSamples);
  };
  for (int row = 0; row < kRows; ++row) {
    for (int column = 0; column < kColumns; ++column) {
      int sum = 0;
      for (int i = 0; i < kSamples; ++i) {
        const std::uint8_t* line = frame.row(at(row, i, kRows, frame.height));
        for (int j = 0; j < kSamples; ++j)
          sum += line[at(column, j, kColumns, frame.width) * bytes + green];
      }
      cells.push_back(static_cast<float>(sum) / (255.0f * kSamples * kSamples));
    }
  }
  return cells;
}

}  // namespace

bool SceneCut::operator()(const ImageView& frame, double seconds) {
  if (frame.empty()) return false;
  std::vector<float> now = thumbnail(frame);
  const std::vector<float> before = std::exchange(before_, std::move(now));
  const double passed = seconds - std::exchange(seconds_, seconds);
  if (before.empty() || passed > kMaxStep) return difference_ = 0, false;
  double sum = 0;
  for (std::size_t i = 0; i < before.size(); ++i) sum += std::abs(before_[i] - before[i]);
  const double difference = sum / static_cast<double>(before.size());
  const double jump = std::abs(difference - std::exchange(difference_, difference));
  return std::min(difference, jump) > kThreshold;
}

}  // namespace mien::tracking
