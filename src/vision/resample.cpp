#include "vision/resample.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "vision/multiversion.hpp"

namespace mien {
namespace {

/// The source pixels that make one target pixel, along one axis.
struct Taps {
  int first = 0;
  std::vector<float> weights;  ///< of pixels first, first + 1, …; their sum is 1

  int last() const { return first + static_cast<int>(weights.size()) - 1; }
};

std::vector<Taps> triangle_taps(double start, double length, int target_size, int source_size) {
  const double step = length / target_size;
  const double radius = std::max(step, 1.0);
  std::vector<Taps> taps(static_cast<std::size_t>(target_size));
  for (int i = 0; i < target_size; ++i) {
    Taps& tap = taps[static_cast<std::size_t>(i)];
    const double centre = start + (i + 0.5) * step - 0.5;  // in units where pixel j lies at j
    const double low = std::floor(centre - radius) + 1;
    const double high = std::ceil(centre + radius) - 1;
    const int last_pixel = source_size - 1;
    tap.first = static_cast<int>(std::clamp(low, 0.0, static_cast<double>(last_pixel)));
    const int last = static_cast<int>(std::clamp(high, 0.0, static_cast<double>(last_pixel)));
    std::vector<double> weights(static_cast<std::size_t>(last - tap.first) + 1);
    double sum = 0;
    for (double j = low; j <= high; ++j) {
      const double weight = 1 - std::abs(j - centre) / radius;
      const double inside = std::clamp(j, static_cast<double>(tap.first), static_cast<double>(last));
      weights[static_cast<std::size_t>(inside) - static_cast<std::size_t>(tap.first)] += weight;
      sum += weight;
    }
    for (const double weight : weights) tap.weights.push_back(static_cast<float>(weight / sum));
  }
  return taps;
}

/// sum[i] = sum over k of weights[k] * rows[k * stride + i]; four rows at a time, to keep the sums in
/// registers.
MIEN_MULTIVERSION
void blend_rows(const std::uint8_t* rows, std::ptrdiff_t stride, const float* weights, int count, float* sum,
                int size) {
  std::fill(sum, sum + size, 0.0f);
  int k = 0;
  for (; k + 4 <= count; k += 4) {
    const std::uint8_t* a = rows + k * stride;
    const std::uint8_t* b = a + stride;
    const std::uint8_t* c = b + stride;
    const std::uint8_t* d = c + stride;
    const float wa = weights[k], wb = weights[k + 1], wc = weights[k + 2], wd = weights[k + 3];
    for (int i = 0; i < size; ++i) {
      sum[i] += wa * static_cast<float>(a[i]) + wb * static_cast<float>(b[i]) +
                wc * static_cast<float>(c[i]) + wd * static_cast<float>(d[i]);
    }
  }
  for (; k < count; ++k) {
    const std::uint8_t* a = rows + k * stride;
    const float w = weights[k];
    for (int i = 0; i < size; ++i) sum[i] += w * static_cast<float>(a[i]);
  }
}

/// ITU-R BT.601 in 16-bit fractions; all sums are exact in float as well.
constexpr int kRed = 19595, kGreen = 38470, kBlue = 7471;

MIEN_MULTIVERSION
void gray_sums(float* values, int width) {
  for (int x = 0; x < width; ++x) {
    const float* rgb = values + std::ptrdiff_t{3} * x;
    values[x] = (kRed * rgb[0] + kGreen * rgb[1] + kBlue * rgb[2]) / 65536.0f;
  }
}

template <int kChannels>
void blend_columns(const float* row, const std::vector<Taps>& columns, int left, std::uint8_t* out) {
  for (const Taps& tap : columns) {
    const float* values = row + std::ptrdiff_t{tap.first - left} * kChannels;
    float sums[kChannels] = {};
    for (const float weight : tap.weights) {
      for (int c = 0; c < kChannels; ++c) sums[c] += weight * values[c];
      values += kChannels;
    }
    for (int c = 0; c < kChannels; ++c) *out++ = static_cast<std::uint8_t>(sums[c] + 0.5f);
  }
}

}  // namespace

MIEN_MULTIVERSION
void gray_row(const std::uint8_t* rgb, std::uint8_t* gray, int width) {
  for (int x = 0; x < width; ++x) {
    const std::uint8_t* pixel = rgb + std::ptrdiff_t{3} * x;
    gray[x] =
        static_cast<std::uint8_t>((kRed * pixel[0] + kGreen * pixel[1] + kBlue * pixel[2] + 0x8000) >> 16);
  }
}

Image resample(const ImageView& image, const Box& region, int width, int height, PixelFormat format) {
  const std::vector<Taps> columns = triangle_taps(region.x, region.width, width, image.width);
  const std::vector<Taps> rows = triangle_taps(region.y, region.height, height, image.height);
  const int left = columns.front().first;
  const int span = columns.back().last() + 1 - left;  // only these columns of the source are touched
  const int source_channels = channels(image.format);
  const bool to_gray = format == PixelFormat::kGray8 && source_channels == 3;
  std::vector<float> sums(static_cast<std::size_t>(span) * source_channels);
  Image out(width, height, format);
  for (int y = 0; y < height; ++y) {
    const Taps& tap = rows[static_cast<std::size_t>(y)];
    blend_rows(image.row(tap.first) + std::ptrdiff_t{left} * source_channels, image.stride,
               tap.weights.data(), static_cast<int>(tap.weights.size()), sums.data(), span * source_channels);
    if (to_gray) gray_sums(sums.data(), span);
    if (format == PixelFormat::kGray8)
      blend_columns<1>(sums.data(), columns, left, out.row(y));
    else
      blend_columns<3>(sums.data(), columns, left, out.row(y));
  }
  return out;
}

}  // namespace mien
