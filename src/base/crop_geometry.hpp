#pragma once

namespace mien::base {

/// How a detector's face box becomes the square image that the network sees: the square has the
/// side max(width, height) * scale and is centered at the box's center moved by (shift_x, shift_y)
/// box sides. The numbers belong to one detector's way of drawing boxes.
struct CropGeometry {
  double scale = 1.0;
  double shift_x = 0.0;  ///< positive: to the right
  double shift_y = 0.0;  ///< positive: down
};

}  // namespace mien::base
