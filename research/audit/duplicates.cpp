#include "audit/duplicates.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <map>
#include <numeric>
#include <span>
#include <string_view>
#include <unordered_map>

#include "audit/perceptual_hash.hpp"
#include "mien/error.hpp"
#include "vision/multiversion.hpp"

namespace mien::audit {
namespace {

constexpr int kSmall = datasets::kFaceSize / 2;
constexpr int kShift = 2;
using Small = std::array<float, kSmall * kSmall>;  ///< an image at half size

Small shrink(const datasets::Sample& sample) {
  Small out{};
  for (int y = 0; y < datasets::kFaceSize; ++y) {
    for (int x = 0; x < datasets::kFaceSize; ++x)
      out[static_cast<std::size_t>(y / 2 * kSmall + x / 2)] +=
          sample.pixels[static_cast<std::size_t>(y * datasets::kFaceSize + x)] / 4.0F;
  }
  return out;
}

Small mirror(const Small& image) {
  Small out = image;
  for (int y = 0; y < kSmall; ++y)
    std::reverse(out.begin() + y * kSmall, out.begin() + (y + 1) * kSmall);
  return out;
}

/// Pearson's correlation of the overlap when b is shifted by (dx, dy); 0 if one is constant.
float correlation_at(const Small& a, const Small& b, int dx, int dy) {
  double n = 0, sa = 0, sb = 0, saa = 0, sbb = 0, sab = 0;
  for (int y = std::max(0, dy); y < std::min(kSmall, kSmall + dy); ++y) {
    for (int x = std::max(0, dx); x < std::min(kSmall, kSmall + dx); ++x) {
      const double p = a[static_cast<std::size_t>(y * kSmall + x)],
                   q = b[static_cast<std::size_t>((y - dy) * kSmall + x - dx)];
      n += 1, sa += p, sb += q, saa += p * p, sbb += q * q, sab += p * q;
    }
  }
  const double spread = (saa - sa * sa / n) * (sbb - sb * sb / n);
  return spread > 1 ? static_cast<float>((sab - sa * sb / n) / std::sqrt(spread)) : 0;
}

/// Maximum over shifts; a pair far below `wanted` without a shift is not shifted.
float best_correlation(const Small& a, const Small& b, float wanted) {
  float best = correlation_at(a, b, 0, 0);
  if (best < wanted - 0.35F) return best;
  for (int dy = -kShift; dy <= kShift; ++dy) {
    for (int dx = -kShift; dx <= kShift; ++dx) best = std::max(best, correlation_at(a, b, dx, dy));
  }
  return best;
}

/// out[i] = dot product of `row` and row i of the table.
MIEN_MULTIVERSION void products(const float* row, const float* table, std::size_t width,
                                std::size_t count, float* out) {
  constexpr std::size_t kLanes = 16;
  for (std::size_t i = 0; i < count; ++i) {
    const float* other = table + i * width;
    float sums[kLanes] = {};
    std::size_t k = 0;
    for (; k + kLanes <= width; k += kLanes) {
      for (std::size_t lane = 0; lane < kLanes; ++lane)
        sums[lane] += row[k + lane] * other[k + lane];
    }
    float sum = 0;
    for (; k < width; ++k) sum += row[k] * other[k];
    for (const float part : sums) sum += part;
    out[i] = sum;
  }
}

/// The nearest images of each image so far.
class Neighbors {
 public:
  Neighbors(std::size_t images, std::size_t count)
      : count_(count), found_(images * count, {-2, 0}) {}

  void offer(std::size_t image, std::size_t other, float similarity) {
    Near* const nearest = found_.data() + image * count_;  // ascending
    if (similarity <= nearest->similarity) return;
    *nearest = {similarity, other};
    for (std::size_t i = 0; i + 1 < count_ && nearest[i].similarity > nearest[i + 1].similarity;
         ++i)
      std::swap(nearest[i], nearest[i + 1]);
  }

  template <class Visit>
  void each(Visit visit) const {
    for (std::size_t i = 0; i < found_.size(); ++i) {
      if (found_[i].similarity > -2) visit(i / count_, found_[i].other);
    }
  }

 private:
  struct Near {
    float similarity;
    std::size_t other;
  };
  std::size_t count_;
  std::vector<Near> found_;
};

using Pair = std::pair<std::size_t, std::size_t>;
constexpr std::size_t kTileColumns = 64;

/// Finds pairs of images (smaller index first) that may be duplicates.
class Candidates {
 public:
  Candidates(std::vector<std::uint64_t> hashes, std::span<const float> features, std::size_t width,
             const DuplicateOptions& options)
      : hashes_(std::move(hashes)),
        features_(features),
        width_(width),
        options_(options),
        neighbors_(width > 0 ? hashes_.size() : 0,
                   static_cast<std::size_t>(std::max(1, options.neighbors))) {}

  std::vector<Pair> find(const Progress& progress) {
    // In tiles, so that the rows stay in the caches.
    constexpr std::size_t kRows = 32;
    const std::size_t n = hashes_.size();
    for (std::size_t top = 0; top < n; top += kRows) {
      for (std::size_t left = top; left < n; left += kTileColumns) {
        for (std::size_t i = top; i < std::min(top + kRows, n); ++i)
          compare(i, std::max(left, i + 1), std::min(left + kTileColumns, n));
      }
      if (progress) progress(top, n);
    }
    neighbors_.each([&](std::size_t i, std::size_t other) {
      pairs_.emplace_back(std::min(i, other), std::max(i, other));
    });
    std::sort(pairs_.begin(), pairs_.end());
    pairs_.erase(std::unique(pairs_.begin(), pairs_.end()), pairs_.end());
    return std::move(pairs_);
  }

 private:
  void compare(std::size_t i, std::size_t from, std::size_t to) {
    for (std::size_t j = from; j < to; ++j) {
      if (std::min(hash_distance(hashes_[i], hashes_[j]),
                   hash_distance(mirrored(hashes_[i]), hashes_[j])) <= options_.max_hash_distance)
        pairs_.emplace_back(i, j);
    }
    if (width_ == 0 || from >= to) return;
    float similarities[kTileColumns];
    products(features_.data() + i * width_, features_.data() + from * width_, width_, to - from,
             similarities);
    for (std::size_t j = from; j < to; ++j) {
      neighbors_.offer(i, j, similarities[j - from]);
      neighbors_.offer(j, i, similarities[j - from]);
    }
  }

  std::vector<std::uint64_t> hashes_;
  std::span<const float> features_;
  std::size_t width_;
  const DuplicateOptions& options_;
  Neighbors neighbors_;
  std::vector<Pair> pairs_;
};

/// Returns the first of each set of identical images; adds pairs of it with the others.
std::vector<std::size_t> extract_identical(const datasets::Dataset& dataset,
                                           std::vector<DuplicatePair>& pairs) {
  std::unordered_map<std::string_view, std::size_t> first;
  std::vector<std::size_t> different;
  for (std::size_t i = 0; i < dataset.size(); ++i) {
    const std::string_view pixels(reinterpret_cast<const char*>(dataset[i].pixels.data()),
                                  datasets::kFacePixels);
    const auto [known, is_new] = first.try_emplace(pixels, i);
    if (is_new)
      different.push_back(i);
    else
      pairs.push_back({.a = known->second, .b = i, .exact = true});
  }
  return different;
}

}  // namespace

std::vector<DuplicatePair> find_duplicates(const datasets::Dataset& dataset,
                                           const datasets::FloatTable& features,
                                           const DuplicateOptions& options,
                                           const Progress& progress) {
  if (features.columns > 0 && features.rows() != dataset.size())
    throw Error(ErrorCode::kInvalidArgument, "the numbers of feature rows and images differ");
  std::vector<DuplicatePair> pairs;
  const std::vector<std::size_t> different = extract_identical(dataset, pairs);
  const std::size_t width = features.columns;
  std::vector<std::uint64_t> hashes;
  std::vector<Small> small;
  std::vector<float> rows;  // features of `different`, concatenated
  for (const std::size_t i : different) {
    hashes.push_back(perceptual_hash(dataset[i].pixels));
    small.push_back(shrink(dataset[i]));
    if (width > 0) rows.insert(rows.end(), features.row(i).begin(), features.row(i).end());
  }
  for (const auto& [a, b] : Candidates(hashes, rows, width, options).find(progress)) {
    const float same = best_correlation(small[a], small[b], options.min_correlation);
    const float other = best_correlation(mirror(small[a]), small[b], options.min_correlation);
    if (std::max(same, other) < options.min_correlation) continue;
    const bool turned = other > same;
    DuplicatePair& pair = pairs.emplace_back(DuplicatePair{.a = different[a],
                                                           .b = different[b],
                                                           .mirrored = turned,
                                                           .correlation = std::max(same, other)});
    pair.hash_distance = hash_distance(turned ? mirrored(hashes[a]) : hashes[a], hashes[b]);
    pair.similarity = 0;
    for (std::size_t k = 0; k < width; ++k)
      pair.similarity += rows[a * width + k] * rows[b * width + k];
  }
  return pairs;
}

std::vector<DuplicateGroup> group_duplicates(const std::vector<DuplicatePair>& pairs,
                                             std::size_t samples) {
  std::vector<std::size_t> parent(samples);
  std::iota(parent.begin(), parent.end(), std::size_t{0});
  const auto root = [&](std::size_t i) {
    while (parent[i] != i) i = parent[i] = parent[parent[i]];
    return i;
  };
  for (const DuplicatePair& pair : pairs) {
    const std::size_t a = root(pair.a), b = root(pair.b);
    parent[std::max(a, b)] = std::min(a, b);
  }
  std::map<std::size_t, DuplicateGroup> groups;
  for (const DuplicatePair& pair : pairs) {
    DuplicateGroup& group = groups[root(pair.a)];
    group.members.insert(group.members.end(), {pair.a, pair.b});
    group.exact = group.exact && pair.exact;
    group.weakest = std::min(group.weakest, pair.correlation);
  }
  std::vector<DuplicateGroup> out;
  for (auto& [first, group] : groups) {
    std::sort(group.members.begin(), group.members.end());
    group.members.erase(std::unique(group.members.begin(), group.members.end()),
                        group.members.end());
    out.push_back(std::move(group));
  }
  return out;
}

void unit_rows(datasets::FloatTable& table) {
  for (std::size_t i = 0; i < table.rows(); ++i) {
    float* row = table.values.data() + i * table.columns;
    double squares = 0;
    for (std::size_t k = 0; k < table.columns; ++k) squares += static_cast<double>(row[k]) * row[k];
    const auto scale = squares > 0 ? static_cast<float>(1 / std::sqrt(squares)) : 0.0F;
    for (std::size_t k = 0; k < table.columns; ++k) row[k] *= scale;
  }
}

}  // namespace mien::audit
