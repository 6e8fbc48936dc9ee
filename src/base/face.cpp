#include "mien/face.hpp"

#include <algorithm>

namespace mien {

float intersection_over_union(const Box& a, const Box& b) {
  const float width = std::min(a.x + a.width, b.x + b.width) - std::max(a.x, b.x);
  const float height = std::min(a.y + a.height, b.y + b.height) - std::max(a.y, b.y);
  if (width <= 0 || height <= 0) return 0;
  const float intersection = width * height;
  return intersection / (a.width * a.height + b.width * b.height - intersection);
}

}  // namespace mien
