#pragma once

#include <vector>

#include "mien/face.hpp"
#include "mien/image.hpp"

namespace mien::test {

/// dlib's own frontal face detector on a gray image, as it is; what it gives a score of `threshold`
/// or more.
std::vector<DetectedFace> dlib_faces(const Image& gray, double threshold = 0);

}  // namespace mien::test
