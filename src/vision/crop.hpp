#pragma once

#include "base/crop_geometry.hpp"
#include "mien/face.hpp"
#include "mien/image.hpp"

namespace mien::vision {

/// Luma of ITU-R BT.601, (19595 R + 38470 G + 7471 B + 32768) / 65536; a copy where the image is
/// gray already.
Image to_gray(const ImageView& image);

/// Three equal channels of a gray image; a copy where the image is RGB already.
Image to_rgb(const ImageView& image);

/// The face as a network sees it: size x size gray pixels of the square that `geometry` makes of
/// `box`. The same function prepares training pictures. Antialiased when shrinking, bilinear when
/// enlarging; outside the image its edge pixels repeat. Throws Error kInvalidArgument for an empty
/// image, a box that is not finite, has no area or lies beyond a million pixels, and for a size
/// outside 1..1024.
Image crop_face(const ImageView& image, const Box& box, const base::CropGeometry& geometry,
                int size);

/// Of the line from the right eye to the left one, in radians; positive where the left eye is lower
/// in the picture.
double eye_angle(const Landmarks& landmarks);

/// The same square, turned about its centre so that the eyes are level; crop_face where the face
/// has no landmarks or is turned by less than 8 degrees.
Image crop_aligned_face(const ImageView& image, const DetectedFace& face,
                        const base::CropGeometry& geometry, int size);

/// crop_face with the square turned about its centre by `angle` radians, clockwise.
Image crop_turned_face(const ImageView& image, const Box& box, const base::CropGeometry& geometry,
                       int size, double angle);

/// The whole image at another size, antialiased. Throws Error kInvalidArgument for an empty image
/// or sides outside 1..65536.
Image resize(const ImageView& image, int width, int height);

}  // namespace mien::vision
