#pragma once

#include "base/crop_geometry.hpp"
#include "mien/face.hpp"
#include "mien/image.hpp"

namespace mien::vision {

/// Luma of ITU-R BT.601, (19595 R + 38470 G + 7471 B + 32768) / 65536; a copy if the image is
/// already gray.
Image to_gray(const ImageView& image);

/// A gray image as three equal channels; a copy if the image is already RGB.
Image to_rgb(const ImageView& image);

/// The network's input: size x size gray pixels of the square that `geometry` derives from `box`.
/// Training uses the same function. Antialiased when shrinking, bilinear when enlarging; outside
/// the image its edge pixels repeat. Throws Error kInvalidArgument for an empty image, a box that
/// is not finite, has no area or lies beyond a million pixels, and for a size outside 1..1024.
Image crop_face(const ImageView& image, const Box& box, const base::CropGeometry& geometry,
                int size);

/// Angle of the line from the right eye to the left eye, in radians; positive if the left eye is
/// lower in the image.
double eye_angle(const Landmarks& landmarks);

/// The same square, rotated about its center so that the eyes are level; by face.rotation if there
/// are no landmarks; crop_face if the angle is less than 8 degrees.
Image crop_aligned_face(const ImageView& image, const DetectedFace& face,
                        const base::CropGeometry& geometry, int size);

/// crop_face with the square rotated about its center by `angle` radians, clockwise.
Image crop_rotated_face(const ImageView& image, const Box& box, const base::CropGeometry& geometry,
                        int size, double angle);

/// The whole image at another size, antialiased. Throws Error kInvalidArgument for an empty image
/// or sides outside 1..65536.
Image resize(const ImageView& image, int width, int height);

}  // namespace mien::vision
