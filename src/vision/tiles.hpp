#pragma once

#include <vector>

#include "mien/face.hpp"
#include "vision/detection_head.hpp"

namespace mien::vision {

/// How a large image is divided for a detector; in pixels of the detector's input.
struct TileShape {
  int max_side = 0;
  int overlap = 0;  ///< of neighboring tiles
  int step = 1;     ///< sides are multiples of it
};

/// A part of an image, resized to the detector's input.
struct Tile {
  Box region;                  ///< in pixels of the image
  Size size;                   ///< of the detector's input
  Point core_begin, core_end;  ///< in pixels of the input; the tile reports faces centered between
};

/// Tiles of equal size that cover an image enlarged by `scale`. Every face up to kMaxFaceInTile *
/// overlap is entirely within the tile whose core contains its center.
std::vector<Tile> make_tiles(Size image, double scale, const TileShape& shape);
inline constexpr float kMaxFaceInTile = 0.75f;

/// Faces that a tile reports, in pixels of the image, given all faces found in it.
std::vector<DetectedFace> faces_of_tile(const Tile& tile, const TileShape& shape,
                                        std::vector<DetectedFace> found);

/// The scale of the next coarser level, as a fraction: a level finds faces from the detector's
/// minimum up to kMaxFaceInTile * overlap, at least 6 times as large.
inline constexpr double kLevelStep = 0.25;

}  // namespace mien::vision
