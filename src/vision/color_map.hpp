#pragma once

#include "vision/palette.hpp"

namespace mien::vision {

/// "inferno" of van der Walt and Smith (2015, CC0), from black through red to yellow: equal steps
/// of the value look like equal steps, also in gray print and to color-blind people. `value` 0 to
/// 1, clamped; NaN is 0.
Rgb inferno(float value);

}  // namespace mien::vision
