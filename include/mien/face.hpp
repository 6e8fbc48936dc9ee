#pragma once

#include <array>
#include <optional>

namespace mien {

/// A point of an image in pixels; (0, 0) is the top left corner of the top left pixel.
struct Point {
  float x = 0;
  float y = 0;
};

/// A rectangle of an image in pixels; it may reach outside the image.
struct Box {
  float x = 0;  ///< left edge
  float y = 0;  ///< top edge
  float width = 0;
  float height = 0;
};

/// Right eye, left eye (the person's own), tip of the nose, right and left corner of the mouth.
using Landmarks = std::array<Point, 5>;

/// What a face detector finds.
struct DetectedFace {
  Box box;
  float score = 0;  ///< the detector's, on its own scale; higher is more certain
  std::optional<Landmarks> landmarks;
};

/// Intersection over union of two boxes, 0 to 1.
float intersection_over_union(const Box& a, const Box& b);

}  // namespace mien
