#include "evaluation/corruption.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <random>

#include "base/file.hpp"
#include "mien/error.hpp"
#include "vision/decode.hpp"
#include "vision/encode.hpp"
#include "vision/resample.hpp"

namespace mien::evaluation {
namespace {

std::uint8_t to_byte(double value) {
  return static_cast<std::uint8_t>(std::clamp(std::lround(value), 0L, 255L));
}

/// Uniform in 0..1, the same on every platform (the distributions of <random> are not).
double uniform(std::mt19937_64& random) {
  return (static_cast<double>(random() >> 11) + 0.5) / 9007199254740992.0;
}

/// Box and Muller 1958.
double normal(std::mt19937_64& random) {
  return std::sqrt(-2 * std::log(uniform(random))) *
         std::cos(2 * std::numbers::pi * uniform(random));
}

template <class Change>
Image each_pixel(const ImageView& gray, Change change) {
  Image out(gray.width, gray.height, PixelFormat::kGray8);
  for (int y = 0; y < gray.height; ++y) {
    for (int x = 0; x < gray.width; ++x)
      out.row(y)[x] = to_byte(change(static_cast<double>(gray.row(y)[x])));
  }
  return out;
}

/// Separable Gaussian with a radius of three deviations; borders are replicated.
Image blur(const ImageView& gray, double deviation) {
  const int reach = std::max(1, static_cast<int>(std::ceil(3 * deviation)));
  std::vector<double> weights;
  double sum = 0;
  for (int i = -reach; i <= reach; ++i)
    sum += weights.emplace_back(std::exp(-0.5 * i * i / (deviation * deviation)));
  std::vector<double> rows(static_cast<std::size_t>(gray.width) *
                           static_cast<std::size_t>(gray.height));
  const auto at = [&](int x, int y) -> double& {
    return rows[static_cast<std::size_t>(y) * static_cast<std::size_t>(gray.width) +
                static_cast<std::size_t>(x)];
  };
  for (int y = 0; y < gray.height; ++y) {
    for (int x = 0; x < gray.width; ++x) {
      for (int i = -reach; i <= reach; ++i)
        at(x, y) += weights[static_cast<std::size_t>(i + reach)] / sum *
                    gray.row(y)[std::clamp(x + i, 0, gray.width - 1)];
    }
  }
  Image out(gray.width, gray.height, PixelFormat::kGray8);
  for (int y = 0; y < gray.height; ++y) {
    for (int x = 0; x < gray.width; ++x) {
      double value = 0;
      for (int i = -reach; i <= reach; ++i)
        value += weights[static_cast<std::size_t>(i + reach)] / sum *
                 at(x, std::clamp(y + i, 0, gray.height - 1));
      out.row(y)[x] = to_byte(value);
    }
  }
  return out;
}

Image box(const ImageView& gray, double scale, double shift_x, double shift_y) {
  const double width = gray.width * scale, height = gray.height * scale;
  const Box region{static_cast<float>((gray.width - width) / 2 + shift_x * gray.width),
                   static_cast<float>((gray.height - height) / 2 + shift_y * gray.height),
                   static_cast<float>(width), static_cast<float>(height)};
  return vision::resample(gray, region, gray.width, gray.height, PixelFormat::kGray8);
}

Image small(const ImageView& gray, int side) {
  const Image shrunk = vision::resample(
      gray, {0, 0, static_cast<float>(gray.width), static_cast<float>(gray.height)}, side, side,
      PixelFormat::kGray8);
  return vision::resample(shrunk, {0, 0, static_cast<float>(side), static_cast<float>(side)},
                          gray.width, gray.height, PixelFormat::kGray8);
}

Image through_jpeg(const ImageView& gray, int quality) {
  const Image decoded = vision::decode_image(vision::encode_jpeg(gray, quality), "re-encoded JPEG");
  return vision::resample(
      decoded, {0, 0, static_cast<float>(decoded.width()), static_cast<float>(decoded.height())},
      decoded.width(), decoded.height(), PixelFormat::kGray8);
}

}  // namespace

std::vector<CorruptionStep> corruption_steps() {
  std::vector<CorruptionStep> steps;
  const auto add = [&](Corruption kind, const char* name, const char* text,
                       std::initializer_list<double> strengths, double shown) {
    for (const double strength : strengths)
      steps.push_back({kind, strength, name, base::format(text, strength * shown)});
  };
  add(Corruption::kBlur, "blur", "%g px", {0.5 / 48, 1.0 / 48, 1.5 / 48, 2.0 / 48, 3.0 / 48}, 48);
  add(Corruption::kNoise, "noise", "%g", {5, 10, 20, 30, 40}, 1);
  add(Corruption::kJpeg, "JPEG quality", "%g", {75, 50, 30, 15, 8}, 1);
  add(Corruption::kLowLight, "low light", "%g %%", {0.6, 0.4, 0.25, 0.15, 0.1}, 100);
  add(Corruption::kSmall, "small face", "%g px", {40, 32, 24, 20, 16}, 1);
  add(Corruption::kShift, "box shifted", "%g %%", {0.04, 0.08, 0.12, 0.16, 0.2}, 100);
  add(Corruption::kScale, "box too small", "x %g", {0.95, 0.9, 0.8, 0.7, 0.6}, 1);
  add(Corruption::kScale, "box too large", "x %g", {1.1, 1.2, 1.3, 1.4, 1.5}, 1);
  return steps;
}

Image corrupt(const ImageView& gray, Corruption kind, double strength, std::uint64_t seed) {
  if (gray.empty() || gray.format != PixelFormat::kGray8)
    throw Error(ErrorCode::kInvalidArgument, "corruptions need a gray image that is not empty");
  std::mt19937_64 random(seed);
  switch (kind) {
    case Corruption::kBlur:
      return blur(gray, strength * gray.width);
    case Corruption::kNoise:
      return each_pixel(gray, [&](double value) { return value + strength * normal(random); });
    case Corruption::kJpeg:
      return through_jpeg(gray, static_cast<int>(strength));
    case Corruption::kLowLight:
      return each_pixel(gray, [&](double value) { return value * strength + normal(random); });
    case Corruption::kSmall:
      return small(gray, static_cast<int>(strength));
    case Corruption::kShift: {
      const double direction = 2 * std::numbers::pi * uniform(random);
      return box(gray, 1, strength * std::cos(direction), strength * std::sin(direction));
    }
    case Corruption::kScale:
      return box(gray, strength, 0, 0);
  }
  throw Error(ErrorCode::kInvalidArgument, "unknown corruption");
}

}  // namespace mien::evaluation
