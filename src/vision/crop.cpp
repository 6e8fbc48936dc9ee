#include "vision/crop.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>
#include <string>

#include "base/file.hpp"
#include "mien/error.hpp"
#include "vision/resample.hpp"

namespace mien::vision {
namespace {

constexpr double kFarthest = 1e6;  ///< pixels; also keeps coordinates exact enough in float
constexpr int kMaxCrop = 1024;

void require_pixels(const ImageView& image) {
  if (image.empty()) throw Error(ErrorCode::kInvalidArgument, "the image has no pixels");
}

struct Square {
  double x = 0;  ///< of the center
  double y = 0;
  double side = 0;

  Box box(double grow = 1) const {
    const double half = side * grow / 2;
    return {static_cast<float>(x - half), static_cast<float>(y - half),
            static_cast<float>(2 * half), static_cast<float>(2 * half)};
  }
};

/// The square that `geometry` derives from `box`, with its shift rotated by `angle`; checks all
/// arguments of a crop.
Square face_square(const ImageView& image, const Box& box, const base::CropGeometry& geometry,
                   int size, double angle) {
  require_pixels(image);
  if (size < 1 || size > kMaxCrop) {
    throw Error(ErrorCode::kInvalidArgument,
                base::format("crop size is %d; must be between 1 and %d pixels", size, kMaxCrop));
  }
  const double face = std::max(box.width, box.height);
  const double along = geometry.shift_x * face, down = geometry.shift_y * face;
  const Square square{box.x + box.width / 2.0 + along * std::cos(angle) - down * std::sin(angle),
                      box.y + box.height / 2.0 + along * std::sin(angle) + down * std::cos(angle),
                      face * geometry.scale};
  const bool sane = box.width > 0 && box.height > 0 && square.side > 0 && square.side < kFarthest &&
                    std::abs(square.x) < kFarthest &&
                    std::abs(square.y) < kFarthest;  // false for NaN
  if (!sane) {
    throw Error(ErrorCode::kInvalidArgument,
                base::format("a face box of %g x %g pixels at (%g, %g) cannot be cropped",
                             box.width, box.height, box.x, box.y));
  }
  return square;
}

/// Bilinear value of a gray image at a point inside it.
float sample(const Image& gray, double x, double y) {
  const double u = std::clamp(x - 0.5, 0.0, gray.width() - 1.0),
               v = std::clamp(y - 0.5, 0.0, gray.height() - 1.0);
  const int left = static_cast<int>(u), top = static_cast<int>(v);
  const int right = std::min(left + 1, gray.width() - 1),
            bottom = std::min(top + 1, gray.height() - 1);
  const double fx = u - left, fy = v - top;
  const double above = gray.row(top)[left] * (1 - fx) + gray.row(top)[right] * fx;
  const double below = gray.row(bottom)[left] * (1 - fx) + gray.row(bottom)[right] * fx;
  return static_cast<float>(above * (1 - fy) + below * fy);
}

}  // namespace

Image to_gray(const ImageView& image) {
  Image gray(image.width, image.height, PixelFormat::kGray8);
  for (int y = 0; y < image.height; ++y) {
    if (image.format == PixelFormat::kRgb8)
      gray_row(image.row(y), gray.row(y), image.width);
    else
      std::memcpy(gray.row(y), image.row(y), static_cast<std::size_t>(image.width));
  }
  return gray;
}

Image to_rgb(const ImageView& image) {
  Image rgb(image.width, image.height, PixelFormat::kRgb8);
  for (int y = 0; y < image.height; ++y) {
    const std::uint8_t* from = image.row(y);
    std::uint8_t* to = rgb.row(y);
    if (image.format == PixelFormat::kRgb8) {
      std::memcpy(to, from, static_cast<std::size_t>(rgb.stride()));
    } else {
      for (int x = 0; x < image.width; ++x) std::fill_n(to + 3 * x, 3, from[x]);
    }
  }
  return rgb;
}

double eye_angle(const Landmarks& landmarks) {
  return std::atan2(landmarks[1].y - landmarks[0].y, landmarks[1].x - landmarks[0].x);
}

Image crop_face(const ImageView& image, const Box& box, const base::CropGeometry& geometry,
                int size) {
  return resample(image, face_square(image, box, geometry, size, 0).box(), size, size,
                  PixelFormat::kGray8);
}

Image crop_aligned_face(const ImageView& image, const DetectedFace& face,
                        const base::CropGeometry& geometry, int size) {
  // Below this angle, rotation does not help: JAFFE's upright faces lose two points of accuracy by
  // it, while faces rotated by 20 to 30 degrees gain four to seven.
  constexpr double kMinAngle = 8 * std::numbers::pi / 180;
  const double angle =
      face.landmarks ? eye_angle(*face.landmarks) : face.rotation * std::numbers::pi / 180;
  if (std::abs(angle) < kMinAngle) return crop_face(image, face.box, geometry, size);
  return crop_rotated_face(image, face.box, geometry, size, angle);
}

Image crop_rotated_face(const ImageView& image, const Box& box, const base::CropGeometry& geometry,
                        int size, double angle) {
  if (angle == 0) return crop_face(image, box, geometry, size);
  const Square square = face_square(image, box, geometry, size, angle);

  // First an upright, antialiased image of a square that contains the rotated one; for small crops
  // at twice the resolution, so that each output pixel is the mean of 2 x 2 samples.
  constexpr double kGrow = 1.5;  // > sqrt(2)
  constexpr int kSmall = 96;     // pixels
  const int samples = size > kSmall ? 1 : 2;
  const int fine = static_cast<int>(std::ceil(kGrow * samples * size));
  const Image upright = resample(image, square.box(static_cast<double>(fine) / (samples * size)),
                                 fine, fine, PixelFormat::kGray8);
  const double cosine = std::cos(angle), sine = std::sin(angle);
  Image out(size, size, PixelFormat::kGray8);
  for (int y = 0; y < size; ++y) {
    for (int x = 0; x < size; ++x) {
      float sum = 0;
      for (int part = 0; part < samples * samples; ++part) {
        const double u = samples * (x - size / 2.0) + part % samples + 0.5,
                     v = samples * (y - size / 2.0) + part / samples + 0.5;
        sum +=
            sample(upright, fine / 2.0 + u * cosine - v * sine, fine / 2.0 + u * sine + v * cosine);
      }
      out.row(y)[x] = static_cast<std::uint8_t>(sum / static_cast<float>(samples * samples) + 0.5f);
    }
  }
  return out;
}

Image resize(const ImageView& image, int width, int height) {
  constexpr int kMaxSide = 65536;
  require_pixels(image);
  if (width < 1 || height < 1 || width > kMaxSide || height > kMaxSide) {
    throw Error(ErrorCode::kInvalidArgument,
                base::format("image size is %d x %d; sides must be between 1 and %d pixels", width,
                             height, kMaxSide));
  }
  const Box whole{0, 0, static_cast<float>(image.width), static_cast<float>(image.height)};
  return resample(image, whole, width, height, image.format);
}

}  // namespace mien::vision
