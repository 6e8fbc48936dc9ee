#include "vision/face_quality.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>

#include "vision/crop.hpp"

namespace mien::vision {
namespace {

struct Point3 {
  double x = 0, y = 0, z = 0;  ///< cm: right, down, away from the camera
};

constexpr std::size_t kPoints = 5;
constexpr std::array<Point3, kPoints> kHead = {{{-3.15, -2.62, -3.47},
                                                {3.15, -2.62, -3.47},
                                                {0, 1.2, -7.59},
                                                {-2.46, 4.34, -4.28},
                                                {2.46, 4.34, -4.28}}};

template <class T>
std::array<T, kPoints> centered(std::array<T, kPoints> points) {
  T mean{};
  for (const T& point : points) {
    mean.x += point.x / kPoints;
    mean.y += point.y / kPoints;
  }
  for (T& point : points) {
    point.x -= mean.x;
    point.y -= mean.y;
  }
  return points;
}

/// Rotations about the x, y and z axes in radians, applied in this order, and a scale.
using Parameters = std::array<double, 4>;
using Residuals = std::array<double, 2 * kPoints>;

Residuals residuals(const Parameters& p, const std::array<Point3, kPoints>& image) {
  const double cx = std::cos(p[0]), sx = std::sin(p[0]), cy = std::cos(p[1]), sy = std::sin(p[1]),
               cz = std::cos(p[2]), sz = std::sin(p[2]);
  std::array<Point3, kPoints> projected;
  for (std::size_t i = 0; i < kPoints; ++i) {
    const Point3& head = kHead[i];
    const double y = head.y * cx - head.z * sx, z = head.y * sx + head.z * cx;
    const double x = head.x * cy + z * sy;
    projected[i] = {p[3] * (x * cz - y * sz), p[3] * (x * sz + y * cz), 0};
  }
  projected = centered(projected);
  Residuals out;
  for (std::size_t i = 0; i < kPoints; ++i) {
    out[2 * i] = projected[i].x - image[i].x;
    out[2 * i + 1] = projected[i].y - image[i].y;
  }
  return out;
}

double sum_of_squares(const Residuals& values) {
  double sum = 0;
  for (const double value : values) sum += value * value;
  return sum;
}

/// Solves a * x = b by elimination with pivots; false if `a` is singular.
bool solve(std::array<std::array<double, 4>, 4> a, Parameters b, Parameters& x) {
  for (std::size_t c = 0; c < 4; ++c) {
    std::size_t pivot = c;
    for (std::size_t r = c + 1; r < 4; ++r) {
      if (std::abs(a[r][c]) > std::abs(a[pivot][c])) pivot = r;
    }
    if (!(std::abs(a[pivot][c]) > 1e-12)) return false;
    std::swap(a[c], a[pivot]);
    std::swap(b[c], b[pivot]);
    for (std::size_t r = c + 1; r < 4; ++r) {
      const double factor = a[r][c] / a[c][c];
      for (std::size_t k = c; k < 4; ++k) a[r][k] -= factor * a[c][k];
      b[r] -= factor * b[c];
    }
  }
  for (std::size_t c = 4; c-- > 0;) {
    double sum = b[c];
    for (std::size_t k = c + 1; k < 4; ++k) sum -= a[c][k] * x[k];
    x[c] = sum / a[c][c];
  }
  return true;
}

/// Levenberg-Marquardt: Gauss-Newton, damped where a step does not help.
double minimize(Parameters& p, const std::array<Point3, kPoints>& image) {
  constexpr int kSteps = 30;
  constexpr double kDelta = 1e-6;
  double error = sum_of_squares(residuals(p, image)), damping = 1e-3;
  for (int step = 0; step < kSteps; ++step) {
    const Residuals at = residuals(p, image);
    std::array<Residuals, 4> columns;
    for (std::size_t k = 0; k < 4; ++k) {
      Parameters moved = p;
      moved[k] += kDelta;
      columns[k] = residuals(moved, image);
      for (std::size_t i = 0; i < at.size(); ++i) columns[k][i] = (columns[k][i] - at[i]) / kDelta;
    }
    std::array<std::array<double, 4>, 4> normal{};
    Parameters gradient{}, change{};
    for (std::size_t r = 0; r < 4; ++r) {
      for (std::size_t i = 0; i < at.size(); ++i) gradient[r] -= columns[r][i] * at[i];
      for (std::size_t c = 0; c < 4; ++c) {
        for (std::size_t i = 0; i < at.size(); ++i) normal[r][c] += columns[r][i] * columns[c][i];
      }
      normal[r][r] *= 1 + damping;
    }
    if (!solve(normal, gradient, change)) break;
    Parameters next = p;
    for (std::size_t k = 0; k < 4; ++k) next[k] += change[k];
    const double next_error = sum_of_squares(residuals(next, image));
    if (next_error < error) {
      const bool converged = error - next_error < 1e-10 * error;
      p = next;
      error = next_error;
      damping = std::max(damping / 10, 1e-9);
      if (converged) break;
    } else {
      damping *= 10;
    }
  }
  return error;
}

/// Variance of the Laplacian divided by the variance of the gray values: independent of contrast.
float sharpness(const Image& gray) {
  double sum = 0, squares = 0, laplacian_sum = 0, laplacian_squares = 0;
  int count = 0;
  for (int y = 1; y + 1 < gray.height(); ++y) {
    for (int x = 1; x + 1 < gray.width(); ++x, ++count) {
      const std::uint8_t* row = gray.row(y);
      const double value = row[x], laplacian = row[x - 1] + row[x + 1] + gray.row(y - 1)[x] +
                                               gray.row(y + 1)[x] - 4.0 * value;
      sum += value;
      squares += value * value;
      laplacian_sum += laplacian;
      laplacian_squares += laplacian * laplacian;
    }
  }
  const double variance = squares / count - sum / count * (sum / count),
               detail = laplacian_squares / count - laplacian_sum / count * (laplacian_sum / count);
  constexpr double kFlat = 1;  // gray levels squared
  return variance < kFlat ? 0 : static_cast<float>(detail / variance);
}

float brightness(const Image& gray) {
  double sum = 0;
  for (int y = 0; y < gray.height(); ++y) {
    for (int x = 0; x < gray.width(); ++x) sum += gray.row(y)[x];
  }
  return static_cast<float>(sum / 255 / gray.width() / gray.height());
}

}  // namespace

std::optional<HeadPose> head_pose(const Landmarks& landmarks) {
  std::array<Point3, kPoints> image;
  for (std::size_t i = 0; i < kPoints; ++i) image[i] = {landmarks[i].x, landmarks[i].y, 0};
  image = centered(image);
  double spread = 0, head_spread = 0;
  for (std::size_t i = 0; i < kPoints; ++i) {
    spread += std::hypot(image[i].x, image[i].y);
    head_spread += std::hypot(centered(kHead)[i].x, centered(kHead)[i].y);
  }
  if (!std::isfinite(spread) || spread <= 0) return std::nullopt;
  for (Point3& point : image) {  // unit size, so that tolerances are relative
    point.x *= head_spread / spread;
    point.y *= head_spread / spread;
  }
  Parameters best{};
  double best_error = std::numeric_limits<double>::max();
  const double roll = eye_angle(landmarks);
  for (const double yaw : {0.0, -0.6, 0.6}) {
    for (const double pitch : {0.0, -0.5, 0.5}) {
      Parameters p{pitch, yaw, roll, 1};
      const double error = minimize(p, image);
      if (p[3] > 0 && error < best_error) {
        best_error = error;
        best = p;
      }
    }
  }
  if (best_error == std::numeric_limits<double>::max()) return std::nullopt;
  const auto degrees = [](double radians) {
    return static_cast<float>(std::remainder(radians, 2 * std::numbers::pi) * 180 /
                              std::numbers::pi);
  };
  return HeadPose{-degrees(best[1]), -degrees(best[0]), degrees(best[2])};
}

FaceQuality face_quality(const ImageView& crop, const DetectedFace& face,
                         const QualityThresholds& thresholds) {
  constexpr int kSide = 48;  // the thresholds' scale
  const Image gray = resize(to_gray(crop), kSide, kSide);
  FaceQuality quality;
  if (face.landmarks) quality.pose = head_pose(*face.landmarks);
  quality.size = std::max(face.box.width, face.box.height);
  quality.sharpness = sharpness(gray);
  quality.brightness = brightness(gray);
  quality.turned = quality.pose && (std::abs(quality.pose->yaw) > thresholds.max_yaw ||
                                    std::abs(quality.pose->pitch) > thresholds.max_pitch);
  quality.small = quality.size < thresholds.min_size;
  quality.blurred = quality.sharpness < thresholds.min_sharpness;
  quality.dark = quality.brightness < thresholds.min_brightness;
  return quality;
}

}  // namespace mien::vision
