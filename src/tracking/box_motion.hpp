#pragma once

#include "mien/face.hpp"

namespace mien::tracking {

/// Where a face is and how fast it moves: a Kalman filter of its box, as in SORT (Bewley et al.
/// 2016). SORT's matrices fall into one small filter per coordinate (center x and y, logarithm of
/// width and height), each of position and velocity. Time is in seconds, so that videos of any
/// frame rate behave alike; velocities fade with a time constant of a second, so that a face out of
/// sight does not run away.
class BoxMotion {
 public:
  explicit BoxMotion(const Box& box);

  /// Moves on by `seconds` (0 or more).
  void advance(double seconds);
  /// Takes in what the detector found now.
  void observe(const Box& box);
  Box box() const;

 private:
  struct Coordinate {
    double place = 0, velocity = 0;
    double place_variance = 0, covariance = 0, velocity_variance = 0;
    void advance(double seconds, double scale);
    void observe(double place, double scale);
  };
  double side() const;

  Coordinate x_, y_, width_, height_;
};

}  // namespace mien::tracking
