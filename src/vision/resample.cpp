#include "vision/resample.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "vision/multiversion.hpp"

namespace mien::vision {
namespace {

/// The source pixels that make each target pixel, along one axis: pixels first[i], first[i] + 1, …
/// by weights[i * count], …, whose sum is 1. Every target pixel has as many; some of their weights
/// may be 0.
struct Taps {
  int count = 0;
  std::vector<int> first;
  std::vector<float> weights;

  const float* of(int target) const {
    return weights.data() + static_cast<std::ptrdiff_t>(target) * count;
  }
};

Taps triangle_taps(double start, double length, int target_size, int source_size) {
  const double step = length / target_size;
  const double radius = std::max(step, 1.0);
  struct Reach {
    double center, low, high;  // in units where pixel j lies at j
  };
  const auto reach = [&](int i) {
    const double center = start + (i + 0.5) * step - 0.5;
    return Reach{center, std::floor(center - radius) + 1, std::ceil(center + radius) - 1};
  };
  const auto inside = [&](double pixel) {
    return static_cast<int>(std::clamp(pixel, 0.0, source_size - 1.0));
  };
  Taps taps;
  for (int i = 0; i < target_size; ++i) {
    const Reach r = reach(i);
    taps.count = std::max(taps.count, inside(r.high) - inside(r.low) + 1);
  }
  std::vector<double> weights(static_cast<std::size_t>(taps.count));
  for (int i = 0; i < target_size; ++i) {
    const Reach r = reach(i);
    const int first = std::min(inside(r.low), source_size - taps.count);
    std::fill(weights.begin(), weights.end(), 0.0);
    double sum = 0;
    for (double j = r.low; j <= r.high; ++j) {
      const double weight = 1 - std::abs(j - r.center) / radius;
      weights[static_cast<std::size_t>(inside(j) - first)] += weight;
      sum += weight;
    }
    taps.first.push_back(first);
    for (const double weight : weights) taps.weights.push_back(static_cast<float>(weight / sum));
  }
  return taps;
}

/// sum[i] = sum over k of weights[k] * rows[k * stride + i]; four rows at a time, to keep the sums
/// in registers.
MIEN_MULTIVERSION
void blend_rows(const std::uint8_t* rows, std::ptrdiff_t stride, const float* weights, int count,
                float* sum, int size) {
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

/// Gray: out[x] = sum over k of weights[k] * row[first + k]. Two taps, those of an enlargement, are
/// a case of their own that the compiler turns into vectors.
MIEN_MULTIVERSION
void blend_gray_columns(const float* row, const Taps& columns, int left,
                        std::uint8_t* __restrict out, int width) {
  const int count = columns.count;
  const int* __restrict first = columns.first.data();
  const float* __restrict weights = columns.weights.data();
  if (count == 2) {
    for (int x = 0; x < width; ++x) {
      const int at = first[x] - left;
      out[x] = static_cast<std::uint8_t>(0.5f + weights[2 * x] * row[at] +
                                         weights[2 * x + 1] * row[at + 1]);
    }
    return;
  }
  for (int x = 0; x < width; ++x, weights += count) {
    const float* values = row + first[x] - left;
    float sum = 0.5f;
    for (int k = 0; k < count; ++k) sum += weights[k] * values[k];
    out[x] = static_cast<std::uint8_t>(sum);
  }
}

/// The same of RGB, four floats and bytes at a time: the fourth is the next pixel's, so `row` and
/// `out` have one more.
MIEN_MULTIVERSION
void blend_rgb_columns(const float* row, const Taps& columns, int left, std::uint8_t* out,
                       int width) {
  using Floats = float __attribute__((vector_size(16)));
  using Integers = std::int32_t __attribute__((vector_size(16)));
  using Bytes = std::uint8_t __attribute__((vector_size(4)));
  const int count = columns.count;
  const int* first = columns.first.data();
  const float* weights = columns.weights.data();
  for (int x = 0; x < width; ++x, weights += count, out += 3) {
    const float* values = row + std::ptrdiff_t{3} * (first[x] - left);
    Floats sum = {0.5f, 0.5f, 0.5f, 0.5f};
    for (int k = 0; k < count; ++k, values += 3) {
      Floats pixel;
      std::memcpy(&pixel, values, sizeof pixel);
      sum += weights[k] * pixel;
    }
    const Bytes bytes = __builtin_convertvector(__builtin_convertvector(sum, Integers), Bytes);
    std::memcpy(out, &bytes, sizeof bytes);
  }
}

}  // namespace

MIEN_MULTIVERSION
void gray_row(const std::uint8_t* rgb, std::uint8_t* gray, int width) {
  for (int x = 0; x < width; ++x) {
    const std::uint8_t* pixel = rgb + std::ptrdiff_t{3} * x;
    gray[x] = static_cast<std::uint8_t>(
        (kRed * pixel[0] + kGreen * pixel[1] + kBlue * pixel[2] + 0x8000) >> 16);
  }
}

Image resample(const ImageView& image, const Box& region, int width, int height,
               PixelFormat format) {
  const Taps columns = triangle_taps(region.x, region.width, width, image.width);
  const Taps rows = triangle_taps(region.y, region.height, height, image.height);
  const int left = columns.first.front();
  const int span =
      columns.first.back() + columns.count - left;  // only these columns of the source are touched
  const int source_channels = channels(image.format);
  const bool to_gray = format == PixelFormat::kGray8 && source_channels == 3;
  std::vector<float> sums(static_cast<std::size_t>(span) * source_channels + 1);
  Image out(width, height, format);
  std::vector<std::uint8_t> pixels(static_cast<std::size_t>(width) * out.channels() + 1);
  const auto blend_columns = format == PixelFormat::kGray8 ? blend_gray_columns : blend_rgb_columns;
  for (int y = 0; y < height; ++y) {
    blend_rows(
        image.row(rows.first[static_cast<std::size_t>(y)]) + std::ptrdiff_t{left} * source_channels,
        image.stride, rows.of(y), rows.count, sums.data(), span * source_channels);
    if (to_gray) gray_sums(sums.data(), span);
    blend_columns(sums.data(), columns, left, pixels.data(), width);
    std::copy(pixels.begin(), pixels.end() - 1, out.row(y));
  }
  return out;
}

}  // namespace mien::vision
