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
  std::string title;  ///< text on the box, e.g. "happy 93%"; UTF-8
  std::vector<std::pair<std::string, float>>
      bars;  ///< names and probabilities (0 to 1), drawn in this order
  Rgb color;
};

/// Draws each face's box, its title, and a panel with its bars beside, below or above the face. A
/// panel never covers another face or panel; it is omitted if there is no free place or the face is
/// smaller than 60 pixels. Line widths and text scale with the image. Throws Error kInvalidArgument
/// if the image is not RGB, or a box is not finite or has no area.
void annotate(Image& rgb, std::span<const AnnotatedFace> faces);

}  // namespace mien::vision
