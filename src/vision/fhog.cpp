#include "vision/fhog.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>

#include "vision/multiversion.hpp"

namespace mien::vision {
namespace {

constexpr int kSigned = 18;  ///< orientations with sign
constexpr int kUnsigned = 9;
constexpr std::ptrdiff_t round_up(std::ptrdiff_t value) {
  return (value + kFhogBlock - 1) / kFhogBlock * kFhogBlock;
}

/// Where the gradients of a row of pixels go: `bin` of a histogram takes `here`, and the same bin
/// of the next cell `next`.
struct Votes {
  explicit Votes(int width) : bin(width), here(width), next(width) {}
  std::vector<int> bin;
  std::vector<float> here, next;
};

/// How a pixel column is shared by two cells: `next` of it goes to cell + 1.
struct Share {
  explicit Share(int position)
      : cell((2 * position + 1 + kFhogCell) / (2 * kFhogCell)),
        next(static_cast<float>((2 * position + 1 + kFhogCell) % (2 * kFhogCell)) /
             (2 * kFhogCell)) {}
  int cell;
  float next;
};

/// The votes of pixels 1 … width - 2 of a row. The orientation is that of the nearest of 18
/// directions 20 degrees apart. In the first quadrant the bisectors of neighboring directions tell
/// it; their slopes come from dlib's four-digit sines and cosines, times 10,000, and all products
/// are exact.
MIEN_MULTIVERSION
void vote(const std::uint8_t* __restrict above, const std::uint8_t* __restrict row,
          const std::uint8_t* __restrict below, int width, int stride, const int* __restrict cell,
          const float* __restrict share, int* __restrict bin, float* __restrict here,
          float* __restrict next) {
  for (int x = 1; x < width - 1; ++x) {
    const float dx = static_cast<float>(row[x + 1] - row[x - 1]);
    const float dy = static_cast<float>(below[x] - above[x]);
    const float across = std::abs(dx), down = std::abs(dy);
    const int steep = (down * 3420 > across * 603) + (down * 3008 > across * 1737) +
                      (down * 2232 > across * 2660) +
                      (down * 1188 > across * 3264);  // 0..4: nearest to 0, 20, 40, 60, 80 degrees
    const int falling = dx * dy < 0 && steep > 0 ? kUnsigned - steep : steep;
    const int orientation = (steep > 0 ? dy : dx) < 0 ? falling + kUnsigned : falling;
    const float length = std::sqrt(dx * dx + dy * dy);
    bin[x] = orientation * stride + cell[x];
    next[x] = share[x] * length;
    here[x] = (1 - share[x]) * length;
  }
}

/// Two rows at a time: their additions do not wait for each other.
void add_votes(const Votes& a, const Votes& b, int width, float* line_a, float* line_b) {
  for (int x = 1; x < width - 1; ++x) {
    const std::size_t i = static_cast<std::size_t>(x);
    float* bin_a = line_a + a.bin[i];
    float* bin_b = line_b + b.bin[i];
    bin_a[0] += a.here[i];
    bin_b[0] += b.here[i];
    bin_a[1] += a.next[i];
    bin_b[1] += b.next[i];
  }
}

MIEN_MULTIVERSION
void add_scaled(const float* __restrict from, float weight, float* __restrict to,
                std::ptrdiff_t count) {
  for (std::ptrdiff_t i = 0; i < count; ++i) to[i] += weight * from[i];
}

/// Orientation histograms of the cells: [cell rows + 2][kSigned][stride], with a ring of cells
/// around the image's.
struct Histograms {
  int cell_rows = 0;
  int cell_cols = 0;
  std::ptrdiff_t stride = 0;
  std::vector<float> values;

  float* row(int r) { return values.data() + r * kSigned * stride; }
};

/// Each pixel's gradient is shared by the four nearest cells, bilinearly.
Histograms make_histograms(const ImageView& gray) {
  Histograms hist;
  hist.cell_rows = (gray.height + kFhogCell / 2) / kFhogCell;
  hist.cell_cols = (gray.width + kFhogCell / 2) / kFhogCell;
  hist.stride = round_up(hist.cell_cols + 2);
  hist.values.assign(static_cast<std::size_t>((hist.cell_rows + 2) * kSigned * hist.stride), 0.0f);
  const int height = std::min(hist.cell_rows * kFhogCell, gray.height);
  const int width = std::min(hist.cell_cols * kFhogCell, gray.width);

  std::vector<int> cell(static_cast<std::size_t>(width));
  std::vector<float> share(cell.size());
  for (int x = 0; x < width; ++x) {
    cell[static_cast<std::size_t>(x)] = Share(x).cell;
    share[static_cast<std::size_t>(x)] = Share(x).next;
  }
  Votes votes[2] = {Votes(width), Votes(width)};
  const std::ptrdiff_t line_size = kSigned * hist.stride;
  std::vector<float> lines(
      static_cast<std::size_t>(2 * line_size));  // what two pixel rows give, by cell column
  for (int y = 1; y < height - 1; y += 2) {
    const int count = std::min(2, height - 1 - y);
    std::fill(lines.begin(), lines.end(), 0.0f);
    for (int k = 0; k < 2; ++k) {
      const int row = y + (k < count ? k : 0);
      vote(gray.row(row - 1), gray.row(row), gray.row(row + 1), width,
           static_cast<int>(hist.stride), cell.data(), share.data(), votes[k].bin.data(),
           votes[k].here.data(), votes[k].next.data());
    }
    add_votes(votes[0], votes[1], width, lines.data(), lines.data() + line_size);
    for (int k = 0; k < count; ++k) {
      const Share rows(y + k);
      add_scaled(lines.data() + k * line_size, 1 - rows.next, hist.row(rows.cell), line_size);
      add_scaled(lines.data() + k * line_size, rows.next, hist.row(rows.cell + 1), line_size);
    }
  }
  return hist;
}

MIEN_MULTIVERSION
void add_energy(const float* __restrict hist, std::ptrdiff_t stride, float* __restrict energy) {
  for (int o = 0; o < kUnsigned; ++o) {
    const float* one = hist + o * stride;
    const float* other = hist + (o + kUnsigned) * stride;
    for (std::ptrdiff_t c = 0; c < stride; ++c)
      energy[c] += (one[c] + other[c]) * (one[c] + other[c]);
  }
}

/// Of every block of 2 x 2 cells: the value at which histograms are cut off, and the factor that
/// scales them.
MIEN_MULTIVERSION
void block_norms(const float* __restrict energy, std::ptrdiff_t stride, float* __restrict cut,
                 float* __restrict scale) {
  for (std::ptrdiff_t c = 0; c < stride - 1; ++c) {
    const float sum = energy[c] + energy[c + 1] + energy[c + stride] + energy[c + stride + 1];
    cut[c] = 0.2f * std::sqrt(sum + 0.0001f);
    scale[c] = 0.1f / cut[c];
  }
}

/// The four blocks that a cell belongs to.
struct Blocks {
  const float* cut[4];
  const float* scale[4];
};

/// One orientation of a row of cells: the sum of its four normalized values; adds each to `texture`
/// where there is one.
MIEN_MULTIVERSION
void normalize(const float* __restrict one, const float* __restrict other, const Blocks& blocks,
               int cols, float* __restrict out, float* __restrict texture,
               std::ptrdiff_t texture_stride) {
  const float *a = blocks.cut[0], *b = blocks.cut[1], *c = blocks.cut[2], *d = blocks.cut[3];
  const float *p = blocks.scale[0], *q = blocks.scale[1], *r = blocks.scale[2],
              *s = blocks.scale[3];
  for (int x = 0; x < cols; ++x) {
    const float value = one[x] + (other != nullptr ? other[x] : 0.0f);
    const float h0 = std::min(value, a[x]) * p[x], h1 = std::min(value, b[x]) * q[x];
    const float h2 = std::min(value, c[x]) * r[x], h3 = std::min(value, d[x]) * s[x];
    out[x] = h0 + h1 + h2 + h3;
    if (texture != nullptr) {
      texture[x] += h0;
      texture[x + texture_stride] += h1;
      texture[x + 2 * texture_stride] += h2;
      texture[x + 3 * texture_stride] += h3;
    }
  }
}

/// scores += filter over plane; `cols` is a multiple of kFhogBlock.
MIEN_MULTIVERSION
void add_filter(const float* __restrict plane, std::ptrdiff_t stride, std::ptrdiff_t rows,
                std::ptrdiff_t cols, const SeparableFilter& filter, float* __restrict scratch,
                float* __restrict scores) {
  const float* w = filter.row;
  const std::ptrdiff_t filled_end =
      rows + kFhogBorderBefore;  // the rows of the border stay zero in scratch
  for (std::ptrdiff_t r = kFhogBorderBefore; r < filled_end; ++r) {
    const float* __restrict from = plane + r * stride;
    float* __restrict to = scratch + r * cols;
    for (std::ptrdiff_t c = 0; c < cols; ++c) {
      to[c] = w[0] * from[c] + w[1] * from[c + 1] + w[2] * from[c + 2] + w[3] * from[c + 3] +
              w[4] * from[c + 4] + w[5] * from[c + 5] + w[6] * from[c + 6] + w[7] * from[c + 7] +
              w[8] * from[c + 8] + w[9] * from[c + 9];
    }
  }
  const float* v = filter.column;
  for (std::ptrdiff_t r = 0; r < rows; ++r) {
    const float* __restrict from = scratch + r * cols;
    float* __restrict to = scores + r * cols;
    for (std::ptrdiff_t c = 0; c < cols; ++c) {
      to[c] += v[0] * from[c] + v[1] * from[c + cols] + v[2] * from[c + 2 * cols] +
               v[3] * from[c + 3 * cols] + v[4] * from[c + 4 * cols] + v[5] * from[c + 5 * cols] +
               v[6] * from[c + 6 * cols] + v[7] * from[c + 7 * cols] + v[8] * from[c + 8 * cols] +
               v[9] * from[c + 9 * cols];
    }
  }
}

/// Adds the products of a filter's parts and the window at `at`, by column; reads kFhogBlock
/// columns.
MIEN_MULTIVERSION
void add_window(const Fhog& fhog, std::span<const SeparableFilter> parts, std::ptrdiff_t at,
                float* __restrict sums) {
  for (const SeparableFilter& part : parts) {
    const float* __restrict window = fhog.plane(part.plane) + at;
    float column[kFhogBlock] = {};
    for (int r = 0; r < kFhogFilter; ++r) {
      for (int c = 0; c < kFhogBlock; ++c)
        column[c] += part.column[r] * window[r * fhog.stride + c];
    }
    for (int c = 0; c < kFhogBlock; ++c) sums[c] += part.row[c] * column[c];
  }
}

}  // namespace

Fhog extract_fhog(const ImageView& gray) {
  Histograms hist = make_histograms(gray);
  Fhog fhog;
  if (hist.cell_rows < 3 || hist.cell_cols < 3) return fhog;
  fhog.rows = hist.cell_rows - 2;
  fhog.cols = hist.cell_cols - 2;
  // A filter at the last position of a rounded row stays inside, and so does a block at the last
  // column.
  fhog.stride = round_up(fhog.cols) + kFhogBlock;
  fhog.values.assign(static_cast<std::size_t>(kFhogPlanes * fhog.padded_rows() * fhog.stride),
                     0.0f);

  const std::ptrdiff_t stride =
      hist.stride;  // from here on without the ring: cell (r, c) is row r + 1, column c + 1
  std::vector<float> energy(static_cast<std::size_t>(hist.cell_rows * stride));
  std::vector<float> cut(energy.size()), scale(energy.size());
  for (int r = 0; r < hist.cell_rows; ++r)
    add_energy(hist.row(r + 1), stride, energy.data() + r * stride);
  for (int r = 0; r + 1 < hist.cell_rows; ++r) {
    block_norms(energy.data() + r * stride, stride, cut.data() + r * stride,
                scale.data() + r * stride);
  }

  const std::ptrdiff_t texture_stride = fhog.padded_rows() * fhog.stride;
  for (int r = 0; r < fhog.rows; ++r) {
    // The cell is (r + 1, c + 1) of all cells; its blocks start there, above, to the left, and
    // both.
    const std::ptrdiff_t here = (r + 1) * stride + 2, above = r * stride + 2;
    const std::ptrdiff_t starts[4] = {here, above, here - 1, above - 1};
    Blocks blocks;
    for (int k = 0; k < 4; ++k) {
      blocks.cut[k] = cut.data() + starts[k];
      blocks.scale[k] = scale.data() + starts[k];
    }
    const std::ptrdiff_t at = (r + kFhogBorderBefore) * fhog.stride + kFhogBorderBefore;
    const float* cells = hist.row(r + 2) + 2;
    float* texture = fhog.plane(kSigned + kUnsigned) + at;
    for (int o = 0; o < kSigned; ++o) {
      normalize(cells + o * stride, nullptr, blocks, fhog.cols, fhog.plane(o) + at, texture,
                texture_stride);
    }
    for (int o = 0; o < kUnsigned; ++o) {
      normalize(cells + o * stride, cells + (o + kUnsigned) * stride, blocks, fhog.cols,
                fhog.plane(kSigned + o) + at, nullptr, 0);
    }
    for (int k = 0; k < 4; ++k) {
      for (int c = 0; c < fhog.cols; ++c) texture[k * texture_stride + c] *= 2 * 0.2357f;
    }
  }
  return fhog;
}

std::ptrdiff_t score_stride(const Fhog& fhog) { return round_up(fhog.cols); }

void correlate(const Fhog& fhog, std::span<const SeparableFilter> parts, FhogScores& scores) {
  const std::ptrdiff_t cols = score_stride(fhog);
  scores.values.assign(static_cast<std::size_t>(fhog.rows * cols), 0.0f);
  scores.scratch.resize(static_cast<std::size_t>(fhog.padded_rows() * cols));
  std::fill_n(scores.scratch.begin(), kFhogBorderBefore * cols, 0.0f);
  std::fill_n(scores.scratch.end() - kFhogBorderAfter * cols, kFhogBorderAfter * cols, 0.0f);
  for (const SeparableFilter& part : parts) {
    add_filter(fhog.plane(part.plane), fhog.stride, fhog.rows, cols, part, scores.scratch.data(),
               scores.values.data());
  }
}

float correlate_at(const Fhog& fhog, std::span<const SeparableFilter> parts, int row, int col) {
  float sums[kFhogBlock] = {};
  add_window(fhog, parts, row * fhog.stride + col, sums);
  return std::accumulate(std::begin(sums), std::end(sums), 0.0f);
}

}  // namespace mien::vision
