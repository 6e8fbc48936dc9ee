#pragma once

#include <vector>

#include "mien/face.hpp"
#include "mien/image.hpp"

namespace mien::test {

/// dlib's own frontal face detector on a gray image, as it is.
std::vector<DetectedFace> dlib_faces(const Image& gray);

}  // namespace mien::test
