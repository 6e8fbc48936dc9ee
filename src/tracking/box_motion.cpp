#include "tracking/box_motion.hpp"

#include <algorithm>
#include <cmath>

namespace mien::tracking {
namespace {

// In sides of the face, so that near and far faces behave alike.
constexpr double kDetectorNoise = 0.03;  ///< standard deviation of a detector's box
constexpr double kFirstSpeed = 1;  ///< standard deviation of a new face's speed, sides a second
constexpr double kRestlessness =
    2;  ///< by how much a speed changes within a second, sides a second
constexpr double kVelocityFades = 1;  ///< time constant in seconds

}  // namespace

void BoxMotion::Coordinate::advance(double seconds, double scale) {
  const double kept = std::exp(-seconds / kVelocityFades), way = kVelocityFades * (1 - kept);
  const double noise = kRestlessness * kRestlessness * scale * scale;
  place += way * velocity;
  velocity *= kept;
  place_variance += 2 * way * covariance + way * way * velocity_variance +
                    noise * seconds * seconds * seconds / 3;
  covariance = kept * (covariance + way * velocity_variance) + noise * seconds * seconds / 2;
  velocity_variance = kept * kept * velocity_variance + noise * seconds;
}

void BoxMotion::Coordinate::observe(double observed, double scale) {
  const double noise = kDetectorNoise * kDetectorNoise * scale * scale;
  const double total = place_variance + noise, difference = observed - place;
  const double place_gain = place_variance / total, velocity_gain = covariance / total;
  place += place_gain * difference;
  velocity += velocity_gain * difference;
  velocity_variance -= velocity_gain * covariance;
  covariance *= 1 - place_gain;
  place_variance *= 1 - place_gain;
}

BoxMotion::BoxMotion(const Box& box) {
  const double scale = std::max({box.width, box.height, 1.0f});
  const auto start = [](double place, double unit) {
    const double noise = kDetectorNoise * unit, speed = kFirstSpeed * unit;
    return Coordinate{place, 0, noise * noise, 0, speed * speed};
  };
  x_ = start(box.x + box.width / 2, scale);
  y_ = start(box.y + box.height / 2, scale);
  width_ = start(std::log(std::max(box.width, 1.0f)), 1);
  height_ = start(std::log(std::max(box.height, 1.0f)), 1);
}

double BoxMotion::side() const { return std::exp(std::max(width_.place, height_.place)); }

void BoxMotion::advance(double seconds) {
  const double scale = side();
  x_.advance(seconds, scale);
  y_.advance(seconds, scale);
  width_.advance(seconds, 1);
  height_.advance(seconds, 1);
}

void BoxMotion::observe(const Box& box) {
  const double scale = side();
  x_.observe(box.x + box.width / 2, scale);
  y_.observe(box.y + box.height / 2, scale);
  width_.observe(std::log(std::max(box.width, 1.0f)), 1);
  height_.observe(std::log(std::max(box.height, 1.0f)), 1);
}

Box BoxMotion::box() const {
  const double width = std::exp(width_.place), height = std::exp(height_.place);
  return {static_cast<float>(x_.place - width / 2), static_cast<float>(y_.place - height / 2),
          static_cast<float>(width), static_cast<float>(height)};
}

}  // namespace mien::tracking
