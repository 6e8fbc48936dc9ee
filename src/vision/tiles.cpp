#include "vision/tiles.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace mien::vision {
namespace {

struct Span {
  int start = 0, size = 0;
  float core_start = 0, core_end = 0;  ///< relative to start
};

/// Equal spans that cover `length`.
std::vector<Span> divide(int length, const TileShape& shape) {
  constexpr float kAll = std::numeric_limits<float>::max();
  const int advance = shape.max_side - shape.overlap;
  const int count = std::max(1, (length - shape.overlap + advance - 1) / advance);
  int size = (length - shape.overlap + count - 1) / count + shape.overlap;
  size = std::min((size + shape.step - 1) / shape.step * shape.step,
                  count == 1 ? length : shape.max_side);
  std::vector<Span> spans;
  for (int i = 0; i < count; ++i) {
    const float margin = static_cast<float>(shape.overlap) / 2;
    spans.push_back({std::min(i * (size - shape.overlap), length - size), size,
                     i == 0 ? -kAll : margin,
                     i == count - 1 ? kAll : static_cast<float>(size) - margin});
  }
  return spans;
}

}  // namespace

std::vector<Tile> make_tiles(Size image, double scale, const TileShape& shape) {
  const auto scaled_side = [&](int side) {
    return std::max(1, static_cast<int>(std::lround(side * scale)));
  };
  const Size scaled{scaled_side(image.width), scaled_side(image.height)};
  const double x = static_cast<double>(image.width) / scaled.width,
               y = static_cast<double>(image.height) / scaled.height;
  std::vector<Tile> tiles;
  for (const Span& row : divide(scaled.height, shape)) {
    for (const Span& column : divide(scaled.width, shape)) {
      tiles.push_back({{static_cast<float>(column.start * x), static_cast<float>(row.start * y),
                        static_cast<float>(column.size * x), static_cast<float>(row.size * y)},
                       {column.size, row.size},
                       {column.core_start, row.core_start},
                       {column.core_end, row.core_end}});
    }
  }
  return tiles;
}

std::vector<DetectedFace> faces_of_tile(const Tile& tile, const TileShape& shape,
                                        std::vector<DetectedFace> found) {
  const float max_side = kMaxFaceInTile * static_cast<float>(shape.overlap);
  std::erase_if(found, [&](const DetectedFace& face) {
    const float x = face.box.x + face.box.width / 2, y = face.box.y + face.box.height / 2;
    return std::max(face.box.width, face.box.height) > max_side || x < tile.core_begin.x ||
           y < tile.core_begin.y || x >= tile.core_end.x || y >= tile.core_end.y;
  });
  const float x = tile.region.width / static_cast<float>(tile.size.width),
              y = tile.region.height / static_cast<float>(tile.size.height);
  for (DetectedFace& face : found) {
    face.box = {tile.region.x + face.box.x * x, tile.region.y + face.box.y * y, face.box.width * x,
                face.box.height * y};
    if (!face.landmarks) continue;
    for (Point& point : *face.landmarks)
      point = {tile.region.x + point.x * x, tile.region.y + point.y * y};
  }
  return found;
}

}  // namespace mien::vision
