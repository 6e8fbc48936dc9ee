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

/// A face found by a face detector.
struct DetectedFace {
  Box box;
  float score = 0;  ///< the detector's, on its own scale; higher is more certain
  std::optional<Landmarks> landmarks;
  /// 0, 90, 180 or 270 degrees, clockwise: by how much the face is rotated, if it was found only
  /// after the image was rotated.
  int rotation = 0;
};

/// Rotation of a head in degrees; 0, 0, 0 is an upright face that looks into the camera.
struct HeadPose {
  float yaw = 0;    ///< positive: the person looks to their own left
  float pitch = 0;  ///< positive: the person looks up
  float roll = 0;   ///< positive: clockwise in the image
};

/// Properties of a face on which the accuracy of its prediction depends.
struct FaceQuality {
  std::optional<HeadPose> pose;  ///< from the landmarks; empty without them
  float size = 0;                ///< larger side of the box, in pixels of the original photo
  float sharpness = 0;   ///< variance of the Laplacian of the 48-pixel face, relative to its
                         ///< contrast
  float brightness = 0;  ///< mean gray value of the face, 0 to 1
  bool turned = false;   ///< yaw over 30 or pitch over 25 degrees
  bool small = false;    ///< size below 48 pixels, the input of the network
  bool blurred = false;  ///< sharpness below 0.06
  bool dark = false;     ///< brightness below 0.2
};

/// Intersection over union of two boxes, 0 to 1.
float intersection_over_union(const Box& a, const Box& b);

}  // namespace mien
