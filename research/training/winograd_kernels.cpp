#include "training/winograd_kernels.hpp"

namespace mien::training::winograd {
namespace {

constexpr Index kVector = 8;
using Vector = float __attribute__((vector_size(kVector * sizeof(float))));
using Unaligned =
    float __attribute__((vector_size(kVector * sizeof(float)), aligned(alignof(float)), may_alias));

Vector load(const float* from) { return *reinterpret_cast<const Unaligned*>(from); }
void store(float* to, Vector value) { *reinterpret_cast<Unaligned*>(to) = value; }

template <int rows, int columns>
struct Matrix {
  float at[rows][columns] = {};
  constexpr Matrix<columns, rows> transposed() const {
    Matrix<columns, rows> result;
    for (int r = 0; r < rows; ++r) {
      for (int c = 0; c < columns; ++c) result.at[c][r] = at[r][c];
    }
    return result;
  }
};

/// The matrices of F(side, 3) from its points, the first of these and infinity (Toom and Cook):
/// outputs = A ((G weights) * (B inputs)).
template <int side>
struct Filter {
  static constexpr int kSize = side + 2;
  static constexpr double kPoints[] = {0, 1, -1, 2, -2};

  static constexpr Matrix<kSize, kSize> make_b() {
    Matrix<kSize, kSize> b;
    for (int r = 0; r < kSize; ++r) {
      // The product of (x - point) over the other points.
      double product[kSize] = {1};
      int degree = 0;
      for (int p = 0; p < kSize - 1; ++p) {
        if (p == r) continue;
        ++degree;
        for (int c = degree; c >= 0; --c)
          product[c] = (c > 0 ? product[c - 1] : 0) - kPoints[p] * (c < degree ? product[c] : 0);
      }
      for (int c = 0; c < kSize; ++c) b.at[r][c] = static_cast<float>(product[c]);
    }
    return b;
  }
  static constexpr Matrix<kSize, 3> make_g() {
    Matrix<kSize, 3> g;
    for (int r = 0; r < kSize - 1; ++r) {
      double divisor = 1;
      for (int p = 0; p < kSize - 1; ++p) divisor *= p == r ? 1 : kPoints[r] - kPoints[p];
      for (int c = 0; c < 3; ++c)
        g.at[r][c] = static_cast<float>((c == 0   ? 1
                                         : c == 1 ? kPoints[r]
                                                  : kPoints[r] * kPoints[r]) /
                                        divisor);
    }
    g.at[kSize - 1][2] = 1;
    return g;
  }
  static constexpr Matrix<side, kSize> make_a() {
    Matrix<side, kSize> a;
    for (int c = 0; c < kSize - 1; ++c) {
      double power = 1;
      for (int r = 0; r < side; ++r, power *= kPoints[c]) a.at[r][c] = static_cast<float>(power);
    }
    a.at[side - 1][kSize - 1] = 1;
    return a;
  }

  static constexpr Matrix<kSize, kSize> kB = make_b();
  static constexpr Matrix<kSize, 3> kG = make_g();
  static constexpr Matrix<side, kSize> kA = make_a();
  static constexpr Matrix<kSize, side> kAt = kA.transposed();
  static constexpr Matrix<3, kSize> kGt = kG.transposed();
};

/// to[row * stride] = sum over columns of matrix[row, column] from[column * stride], zeros of the
/// matrix left out.
template <const auto& matrix, int rows, int columns>
inline __attribute__((always_inline)) void apply(const Vector* from, Index from_stride, Vector* to,
                                                 Index to_stride) {
#pragma GCC unroll 8
  for (int r = 0; r < rows; ++r) {
    Vector sum = {};
    bool is_first = true;
#pragma GCC unroll 8
    for (int c = 0; c < columns; ++c) {
      if (matrix.at[r][c] == 0) continue;
      sum = is_first ? matrix.at[r][c] * from[c * from_stride]
                     : sum + matrix.at[r][c] * from[c * from_stride];
      is_first = false;
    }
    to[r * to_stride] = sum;
  }
}

/// to[rows, rows] = matrix from[columns, columns] matrix^T.
template <const auto& matrix, int rows, int columns>
inline __attribute__((always_inline)) void apply_to_both(const Vector* from, Vector* to) {
  Vector half[rows * columns];
#pragma GCC unroll 8
  for (int c = 0; c < columns; ++c)
    apply<matrix, rows, columns>(from + c, columns, half + c, columns);
#pragma GCC unroll 8
  for (int r = 0; r < rows; ++r)
    apply<matrix, rows, columns>(half + r * columns, 1, to + r * rows, 1);
}

const float kZeros[kVector] = {};

struct Tile {
  Index image, top, left;  // of its outputs
};

Tile tile_at(const Tiling& tiling, Index index) {
  const Index per_image = tiling.down * tiling.across, within = index % per_image;
  return {index / per_image, within / tiling.across * tiling.side,
          within % tiling.across * tiling.side};
}

/// Transforms what lies in the tiles, `columns` wide and beginning `margin` before their outputs;
/// outside of the image are zeros.
template <const auto& matrix, int rows, int columns>
void transform_tiles(const Tiling& tiling, Index margin, const float* images, Index channels,
                     Index first, Index count, float* planes, Index plane) {
  for (Index t = 0; t < count; ++t) {
    const Tile tile = tile_at(tiling, first + t);
    const float* sources[columns * columns];
    Index steps[columns * columns];  // zeros are not walked along
    for (int r = 0; r < columns; ++r) {
      for (int c = 0; c < columns; ++c) {
        const Index y = tile.top - margin + r, x = tile.left - margin + c;
        const bool inside = y >= 0 && y < tiling.height && x >= 0 && x < tiling.width;
        sources[r * columns + c] =
            inside ? images + ((tile.image * tiling.height + y) * tiling.width + x) * channels
                   : kZeros;
        steps[r * columns + c] = inside ? 1 : 0;
      }
    }
    float* to = planes + t * channels;
    for (Index channel = 0; channel < channels; channel += kVector) {
      Vector from[columns * columns], transformed[rows * rows];
      for (int i = 0; i < columns * columns; ++i) from[i] = load(sources[i] + channel * steps[i]);
      apply_to_both<matrix, rows, columns>(from, transformed);
      for (int i = 0; i < rows * rows; ++i) store(to + i * plane + channel, transformed[i]);
    }
  }
}

template <int side>
void restore_tiles(const Tiling& tiling, const float* planes, Index plane, Index channels,
                   Index first, Index count, float* images) {
  constexpr int kSize = side + 2;
  for (Index t = 0; t < count; ++t) {
    const Tile tile = tile_at(tiling, first + t);
    const int down =
        static_cast<int>(tiling.height - tile.top < side ? tiling.height - tile.top : side);
    const int across =
        static_cast<int>(tiling.width - tile.left < side ? tiling.width - tile.left : side);
    const float* from = planes + t * channels;
    float* to =
        images + ((tile.image * tiling.height + tile.top) * tiling.width + tile.left) * channels;
    for (Index channel = 0; channel < channels; channel += kVector) {
      Vector transformed[kSize * kSize], outputs[side * side];
      for (int i = 0; i < kSize * kSize; ++i) transformed[i] = load(from + i * plane + channel);
      apply_to_both<Filter<side>::kA, side, kSize>(transformed, outputs);
      for (int r = 0; r < down; ++r) {
        for (int c = 0; c < across; ++c)
          store(to + (r * tiling.width + c) * channels + channel, outputs[r * side + c]);
      }
    }
  }
}

template <int side>
void transform_filters(const float* weights, Index inputs, Index first, Index count, float* panels,
                       Index plane) {
  constexpr int kSize = side + 2;
  for (Index output = first * kLanes; output < (first + count) * kLanes; output += kVector) {
    float* to = panels + output / kLanes * kLanes * inputs + output % kLanes;
    for (Index input = 0; input < inputs; ++input) {
      Vector taps[9], transformed[kSize * kSize];
      for (int tap = 0; tap < 9; ++tap) {
        for (Index lane = 0; lane < kVector; ++lane)
          taps[tap][lane] = weights[((output + lane) * 9 + tap) * inputs + input];
      }
      apply_to_both<Filter<side>::kG, kSize, 3>(taps, transformed);
      for (int i = 0; i < kSize * kSize; ++i)
        store(to + i * plane + input * kLanes, transformed[i]);
    }
  }
}

template <int side>
void transform_rotated_filters(const float* weights, Index inputs, Index outputs, Index first,
                               Index count, float* panels, Index plane) {
  constexpr int kSize = side + 2;
  for (Index input = first * kLanes; input < (first + count) * kLanes; input += kVector) {
    float* to = panels + input / kLanes * kLanes * outputs + input % kLanes;
    for (Index output = 0; output < outputs; ++output) {
      Vector taps[9], transformed[kSize * kSize];
      for (int tap = 0; tap < 9; ++tap)
        taps[8 - tap] = load(weights + (output * 9 + tap) * inputs + input);
      apply_to_both<Filter<side>::kG, kSize, 3>(taps, transformed);
      for (int i = 0; i < kSize * kSize; ++i)
        store(to + i * plane + output * kLanes, transformed[i]);
    }
  }
}

template <int side>
void restore_filters(const float* planes, Index plane, Index inputs, Index first, Index count,
                     float* weights) {
  constexpr int kSize = side + 2;
  for (Index output = first; output < first + count; ++output) {
    for (Index input = 0; input < inputs; input += kVector) {
      Vector transformed[kSize * kSize], taps[9];
      for (int i = 0; i < kSize * kSize; ++i)
        transformed[i] = load(planes + i * plane + output * inputs + input);
      apply_to_both<Filter<side>::kGt, 3, kSize>(transformed, taps);
      for (int tap = 0; tap < 9; ++tap)
        store(weights + (output * 9 + tap) * inputs + input, taps[tap]);
    }
  }
}

constexpr int kRows =
    6;  // with 16 columns, 12 sums: what the registers of AVX2 hold beside two columns and a row

/// result[rows, kLanes] = or += the sum over depth of left[row * row_stride + d * depth_stride]
/// right[d * right_stride, kLanes].
template <int rows, bool adds>
inline __attribute__((always_inline)) void multiply_block(const float* left, Index row_stride,
                                                          Index depth_stride, const float* right,
                                                          Index right_stride, Index depth,
                                                          float* result, Index result_stride) {
  Vector sums[rows][2];
#pragma GCC unroll 8
  for (int r = 0; r < rows; ++r) {
    sums[r][0] = adds ? load(result + r * result_stride) : Vector{};
    sums[r][1] = adds ? load(result + r * result_stride + kVector) : Vector{};
  }
  for (Index d = 0; d < depth; ++d, left += depth_stride, right += right_stride) {
    const Vector low = load(right), high = load(right + kVector);
#pragma GCC unroll 8
    for (int r = 0; r < rows; ++r) {
      const float factor = left[r * row_stride];
      sums[r][0] += factor * low;
      sums[r][1] += factor * high;
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < rows; ++r) {
    store(result + r * result_stride, sums[r][0]);
    store(result + r * result_stride + kVector, sums[r][1]);
  }
}

template <bool adds>
void multiply_rows(Index rows, const float* left, Index row_stride, Index depth_stride,
                   const float* right, Index right_stride, Index depth, float* result,
                   Index result_stride) {
  const auto block = [&]<int n>() {
    multiply_block<n, adds>(left, row_stride, depth_stride, right, right_stride, depth, result,
                            result_stride);
  };
  for (; rows >= kRows; rows -= kRows, left += kRows * row_stride, result += kRows * result_stride)
    block.template operator()<kRows>();
  switch (rows) {
    case 5:
      return block.template operator()<5>();
    case 4:
      return block.template operator()<4>();
    case 3:
      return block.template operator()<3>();
    case 2:
      return block.template operator()<2>();
    case 1:
      return block.template operator()<1>();
  }
}

}  // namespace

bool is_supported() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
  return true;
#endif
}

void transform_inputs(const Tiling& tiling, const float* images, Index channels, Index first,
                      Index count, float* planes, Index plane) {
  const auto transform = tiling.side == 4 ? transform_tiles<Filter<4>::kB, 6, 6>
                                          : transform_tiles<Filter<3>::kB, 5, 5>;
  transform(tiling, 1, images, channels, first, count, planes, plane);
}

void transform_gradients(const Tiling& tiling, const float* images, Index channels, Index first,
                         Index count, float* planes, Index plane) {
  const auto transform = tiling.side == 4 ? transform_tiles<Filter<4>::kAt, 6, 4>
                                          : transform_tiles<Filter<3>::kAt, 5, 3>;
  transform(tiling, 0, images, channels, first, count, planes, plane);
}

void restore_outputs(const Tiling& tiling, const float* planes, Index plane, Index channels,
                     Index first, Index count, float* images) {
  (tiling.side == 4 ? restore_tiles<4> : restore_tiles<3>)(tiling, planes, plane, channels, first,
                                                           count, images);
}

void transform_weights(const Tiling& tiling, const float* weights, Index inputs, Index first,
                       Index count, float* panels, Index plane) {
  (tiling.side == 4 ? transform_filters<4> : transform_filters<3>)(weights, inputs, first, count,
                                                                   panels, plane);
}

void transform_rotated_weights(const Tiling& tiling, const float* weights, Index inputs,
                               Index outputs, Index first, Index count, float* panels,
                               Index plane) {
  (tiling.side == 4
       ? transform_rotated_filters<4>
       : transform_rotated_filters<3>)(weights, inputs, outputs, first, count, panels, plane);
}

void restore_weights(const Tiling& tiling, const float* planes, Index plane, Index inputs,
                     Index first, Index count, float* weights) {
  (tiling.side == 4 ? restore_filters<4> : restore_filters<3>)(planes, plane, inputs, first, count,
                                                               weights);
}

void multiply(const float* left, const float* right, Index rows, Index depth, Index columns,
              float* result) {
  for (Index c = 0; c < columns; c += kLanes)
    multiply_rows<false>(rows, left, depth, 1, right + c * depth, kLanes, depth, result + c,
                         columns);
}

void multiply_transposed(const float* left, const float* right, Index rows, Index depth,
                         Index columns, Index first, Index count, bool adds, float* result) {
  const auto multiply = adds ? multiply_rows<true> : multiply_rows<false>;
  for (Index c = 0; c < columns; c += kLanes) {
    multiply(count, left + first, 1, rows, right + c, columns, depth, result + first * columns + c,
             columns);
  }
}

}  // namespace mien::training::winograd
