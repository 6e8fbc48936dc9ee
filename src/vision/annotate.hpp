#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "mien/face.hpp"
#include "mien/image.hpp"
#include "vision/palette.hpp"

namespace mien::vision {

struct AnnotatedFace {
  Box box;
  std::string title;  ///< on the plate of the box, e.g. "happy 93%"; UTF-8
  std::vector<std::pair<std::string, float>>
      bars;  ///< names and shares, 0 to 1, drawn in this order
  Rgb colour;
};

/// Draws each face's box, its title, and its bars on a panel beside, below or above the face, where
/// neither another face nor another panel lies; without bars where there is no such place or the
/// face is smaller than 60 pixels. All of it keeps inside the image and grows with it. Throws Error
/// kInvalidArgument when the image is not RGB or a box is not finite or has no area.
void annotate(Image& rgb, std::span<const AnnotatedFace> faces);

}  // namespace mien::vision
