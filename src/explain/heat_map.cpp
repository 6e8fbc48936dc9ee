#include "explain/heat_map.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/text.hpp"
#include "mien/error.hpp"

namespace mien::explain {
namespace {

std::vector<double> ranks(std::span<const float> values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](auto a, auto b) { return values[a] < values[b]; });
  std::vector<double> out(values.size());
  for (std::size_t first = 0; first < order.size();) {
    std::size_t end = first + 1;
    while (end < order.size() && values[order[end]] == values[order[first]]) ++end;
    for (std::size_t i = first; i < end; ++i)
      out[order[i]] = static_cast<double>(first + end - 1) / 2;
    first = end;
  }
  return out;
}

HeatMap scaled_to_one(HeatMap map) {
  const auto [low, high] = std::minmax_element(map.values.begin(), map.values.end());
  const float minimum = *low, range = *high - *low;
  for (float& value : map.values) value = range > 0 ? (value - minimum) / range : 0;
  return map;
}

}  // namespace

float HeatMap::largest() const {
  return values.empty() ? 0 : std::max(0.0F, *std::max_element(values.begin(), values.end()));
}

HeatMap resize(const HeatMap& map, int side) {
  HeatMap out{side,
              std::vector<float>(static_cast<std::size_t>(side) * static_cast<std::size_t>(side))};
  const float step = static_cast<float>(map.side) / static_cast<float>(side),
              last = static_cast<float>(map.side - 1);
  const auto place = [&](int i) {
    return std::clamp((static_cast<float>(i) + 0.5F) * step - 0.5F, 0.0F, last);
  };
  auto value = out.values.begin();
  for (int y = 0; y < side; ++y) {
    const float v = place(y);
    const int top = static_cast<int>(v), bottom = std::min(top + 1, map.side - 1);
    for (int x = 0; x < side; ++x) {
      const float u = place(x);
      const int left = static_cast<int>(u), right = std::min(left + 1, map.side - 1);
      const float above =
          std::lerp(map.at(left, top), map.at(right, top), u - static_cast<float>(left));
      const float below =
          std::lerp(map.at(left, bottom), map.at(right, bottom), u - static_cast<float>(left));
      *value++ = std::lerp(above, below, v - static_cast<float>(top));
    }
  }
  return out;
}

Bands bands(const HeatMap& map) {
  constexpr int kFine = 60;  // rows that the bands' edges divide
  const HeatMap fine = resize(map, kFine);
  Bands sums;
  for (int y = 0; y < kFine; ++y) {
    float& band = y < 27 ? sums.eyes : y < 39 ? sums.nose : sums.mouth;
    for (int x = 0; x < kFine; ++x) band += std::max(0.0F, fine.at(x, y));
  }
  const float all = sums.eyes + sums.nose + sums.mouth;
  return all > 0 ? Bands{sums.eyes / all, sums.nose / all, sums.mouth / all} : Bands{};
}

double rank_correlation(std::span<const float> a, std::span<const float> b) {
  if (a.size() != b.size() || a.empty())
    throw Error(
        ErrorCode::kInvalidArgument,
        base::format("rank correlation: %zu and %zu values; the series must be equally long",
                     a.size(), b.size()));
  const std::vector<double> x = ranks(a), y = ranks(b);
  const double mean = static_cast<double>(a.size() - 1) / 2;
  double xy = 0, xx = 0, yy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    xy += (x[i] - mean) * (y[i] - mean);
    xx += (x[i] - mean) * (x[i] - mean);
    yy += (y[i] - mean) * (y[i] - mean);
  }
  return xx > 0 && yy > 0 ? xy / std::sqrt(xx * yy) : 0;
}

double structural_similarity(const HeatMap& a, const HeatMap& b) {
  constexpr int kWindow = 7;
  constexpr double kC1 = 0.01 * 0.01, kC2 = 0.03 * 0.03, kCount = kWindow * kWindow;
  if (a.side != b.side || a.side < kWindow)
    throw Error(
        ErrorCode::kInvalidArgument,
        base::format(
            "structural similarity: maps of side %d and %d; they must be equal and at least 7",
            a.side, b.side));
  const HeatMap p = scaled_to_one(a), q = scaled_to_one(b);
  double sum = 0;
  for (int top = 0; top + kWindow <= p.side; ++top) {
    for (int left = 0; left + kWindow <= p.side; ++left) {
      double x = 0, y = 0, xx = 0, yy = 0, xy = 0;
      for (int v = top; v < top + kWindow; ++v) {
        for (int u = left; u < left + kWindow; ++u) {
          const double i = p.at(u, v), j = q.at(u, v);
          x += i, y += j, xx += i * i, yy += j * j, xy += i * j;
        }
      }
      x /= kCount, y /= kCount;
      const double spread_x = xx / kCount - x * x, spread_y = yy / kCount - y * y,
                   together = xy / kCount - x * y;
      sum += (2 * x * y + kC1) * (2 * together + kC2) /
             ((x * x + y * y + kC1) * (spread_x + spread_y + kC2));
    }
  }
  const int places = p.side - kWindow + 1;
  return sum / places / places;
}

}  // namespace mien::explain
