#pragma once

#include <cstdint>

/// The loops of 3x3 convolutions of stride 1 and padding 1 by minimal filtering (Lavin and Gray
/// 2016): a tile of side x side outputs takes (side + 2)^2 multiplications for each pair of
/// channels where the sum takes 9 side^2. All numbers are floats; images are [N, height, width,
/// channels], weights [outputs, 3, 3, inputs], and channels come in multiples of kLanes. The
/// transformed tiles lie in `points` planes, `plane` floats apart, each [tiles, channels]. Every
/// function processes a range from `first`, so that threads can share the work; arguments are not
/// checked. Does not use the standard library, because it is compiled for AVX2 unlike the rest of
/// the program.
namespace mien::training::winograd {

using Index = std::int64_t;

inline constexpr Index kLanes = 16;

/// How images are divided into tiles.
struct Tiling {
  int side;             // 3 or 4 outputs
  Index height, width;  // of an image
  Index down, across;   // tiles of an image
  int points;           // (side + 2)^2
};

/// Whether this processor can run what this file was compiled for.
bool is_supported();

/// Inputs of the tiles to their planes.
void transform_inputs(const Tiling&, const float* images, Index channels, Index first, Index count,
                      float* planes, Index plane);
/// Gradients of the outputs of the tiles to planes that pair with those of the inputs in the
/// gradient of the weights.
void transform_gradients(const Tiling&, const float* images, Index channels, Index first,
                         Index count, float* planes, Index plane);
/// Planes to the outputs of the tiles.
void restore_outputs(const Tiling&, const float* planes, Index plane, Index channels, Index first,
                     Index count, float* images);

/// Weights to panels [points, outputs / kLanes, inputs, kLanes], of `count` panels of outputs.
void transform_weights(const Tiling&, const float* weights, Index inputs, Index first, Index count,
                       float* panels, Index plane);
/// Weights, rotated by 180 degrees and with inputs and outputs swapped, to [points, inputs /
/// kLanes, outputs, kLanes], of `count` panels of inputs: the convolution with these gives the
/// gradient of the inputs.
void transform_rotated_weights(const Tiling&, const float* weights, Index inputs, Index outputs,
                               Index first, Index count, float* panels, Index plane);
/// Planes [points, outputs, inputs] to the gradient of the weights of `count` outputs.
void restore_weights(const Tiling&, const float* planes, Index plane, Index inputs, Index first,
                     Index count, float* weights);

/// result[rows, columns] = left[rows, depth] right[columns / kLanes, depth, kLanes], dense.
void multiply(const float* left, const float* right, Index rows, Index depth, Index columns,
              float* result);
/// result[rows, columns] = or += left[depth, rows]^T right[depth, columns], for `count` of the
/// rows.
void multiply_transposed(const float* left, const float* right, Index rows, Index depth,
                         Index columns, Index first, Index count, bool adds, float* result);

}  // namespace mien::training::winograd
