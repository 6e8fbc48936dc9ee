#include "vision/dlib_detector.hpp"

#include <dlib/algs.h>
#include <dlib/test_for_odr_violations.h>
#undef DLIB_USE_BLAS
#undef DLIB_USE_LAPACK
#include <dlib/image_processing/frontal_face_detector.h>

#include <cstring>

namespace mien::test {

std::vector<DetectedFace> dlib_faces(const Image& gray, double threshold) {
  static const dlib::frontal_face_detector prototype = dlib::get_frontal_face_detector();
  dlib::frontal_face_detector detector = prototype;
  dlib::array2d<unsigned char> pixels(gray.height(), gray.width());
  for (int y = 0; y < gray.height(); ++y) {
    std::memcpy(&pixels[y][0], gray.row(y), static_cast<std::size_t>(gray.width()));
  }
  std::vector<std::pair<double, dlib::rectangle>> found;
  detector(pixels, found, threshold);
  std::vector<DetectedFace> faces;
  for (const auto& [score, box] : found) {
    faces.push_back({{static_cast<float>(box.left()), static_cast<float>(box.top()),
                      static_cast<float>(box.width()), static_cast<float>(box.height())},
                     static_cast<float>(score),
                     {}});
  }
  return faces;
}

}  // namespace mien::test
