#pragma once

#include <cstdint>

#include "mien/emotion.hpp"

namespace mien::vision {

struct Rgb {
  std::uint8_t red = 0;
  std::uint8_t green = 0;
  std::uint8_t blue = 0;
};

/// One color per emotion, from the palette of Okabe and Ito (2008), which color-blind people can
/// tell apart.
constexpr Rgb color_of(Emotion emotion) {
  switch (emotion) {
    case Emotion::kAngry:
      return {213, 94, 0};  // vermilion
    case Emotion::kDisgust:
      return {0, 158, 115};  // bluish green
    case Emotion::kFear:
      return {204, 121, 167};  // reddish purple
    case Emotion::kHappy:
      return {240, 228, 66};  // yellow
    case Emotion::kSad:
      return {0, 114, 178};  // blue
    case Emotion::kSurprise:
      return {230, 159, 0};  // orange
    case Emotion::kNeutral:
      return {86, 180, 233};  // sky blue
    case Emotion::kContempt:
      return {153, 153, 153};
  }
  return {255, 255, 255};
}

/// Of uncertain faces.
inline constexpr Rgb kUncertainColor = {190, 196, 204};

}  // namespace mien::vision
