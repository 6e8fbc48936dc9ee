#include "baselines/nearest_neighbors.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <future>

#include "base/file.hpp"
#include "mien/error.hpp"
#include "vision/multiversion.hpp"

namespace mien::baselines {
namespace {

constexpr std::size_t kLanes = FeatureTable::kLanes;
using Lanes = float __attribute__((vector_size(kLanes * sizeof(float))));
using Bits = int __attribute__((vector_size(kLanes * sizeof(float))));
/// The same, unaligned, for loads from rows of floats.
using InRow =
    float __attribute__((vector_size(kLanes * sizeof(float)), aligned(sizeof(float)), may_alias));

struct AbsoluteDifferences {
  static void add(Lanes& sum, const Lanes& a, const Lanes& b) {
    sum += Lanes(Bits(a - b) & 0x7fffffff);
  }
};
struct SquaredDifferences {
  static void add(Lanes& sum, const Lanes& a, const Lanes& b) { sum += (a - b) * (a - b); }
};
struct Products {
  static void add(Lanes& sum, const Lanes& a, const Lanes& b) { sum += a * b; }
};

constexpr std::size_t kQueries = 64;  ///< their rows fit the second-level cache
constexpr std::size_t kRows = 16;     ///< of the table, per block
constexpr std::size_t kTile = 4;      ///< queries and rows whose sums fit the registers

/// A block of query rows and table rows, at least one each.
struct Block {
  const float* queries;
  const float* rows;
  std::size_t query_count, row_count;  // at most kQueries, kRows
  std::size_t stride;
};
using Sums = std::array<float, kQueries * kRows>;

/// sums[q * kRows + r] = sum of the terms of query q and row r, in a fixed order, so that equal
/// rows have equal distances.
template <class Term>
[[gnu::always_inline]] inline void fill(const Block& block, Sums& sums) {
  for (std::size_t q = 0; q < block.query_count; q += kTile) {
    for (std::size_t r = 0; r < block.row_count; r += kTile) {
      const float *a[kTile], *b[kTile];  // the last row is repeated if there are fewer
      for (std::size_t i = 0; i < kTile; ++i) {
        a[i] = block.queries + std::min(q + i, block.query_count - 1) * block.stride;
        b[i] = block.rows + std::min(r + i, block.row_count - 1) * block.stride;
      }
      Lanes tile[kTile][kTile] = {};
      for (std::size_t k = 0; k < block.stride; k += kLanes) {
        Lanes right[kTile];
        for (std::size_t j = 0; j < kTile; ++j)
          right[j] = *reinterpret_cast<const InRow*>(b[j] + k);
        for (std::size_t i = 0; i < kTile; ++i) {
          const Lanes left = *reinterpret_cast<const InRow*>(a[i] + k);
          for (std::size_t j = 0; j < kTile; ++j) Term::add(tile[i][j], left, right[j]);
        }
      }
      for (std::size_t i = 0; i < kTile; ++i) {
        for (std::size_t j = 0; j < kTile; ++j) {
          float sum = 0;
          for (std::size_t lane = 0; lane < kLanes; ++lane) sum += tile[i][j][lane];
          sums[(q + i) * kRows + r + j] = sum;
        }
      }
    }
  }
}

MIEN_MULTIVERSION void add_absolute_differences(const Block& block, Sums& sums) {
  fill<AbsoluteDifferences>(block, sums);
}
MIEN_MULTIVERSION void add_squared_differences(const Block& block, Sums& sums) {
  fill<SquaredDifferences>(block, sums);
}
MIEN_MULTIVERSION void add_products(const Block& block, Sums& sums) { fill<Products>(block, sums); }

/// 1 / length of each row; 0 for a row of zeros.
std::vector<float> inverse_lengths(const FeatureTable& table) {
  std::vector<float> out;
  for (std::size_t i = 0; i < table.rows(); ++i) {
    double squares = 0;
    for (const float value : table.row(i)) squares += static_cast<double>(value) * value;
    out.push_back(squares > 0 ? static_cast<float>(1 / std::sqrt(squares)) : 0.0F);
  }
  return out;
}

class Search {
 public:
  Search(const FeatureTable& queries, const FeatureTable& table, Metric metric, std::size_t k)
      : queries_(queries),
        table_(table),
        metric_(metric),
        out_{k, std::vector<Neighbor>(queries.rows() * k)} {
    if (metric == Metric::kCosine)
      query_scale_ = inverse_lengths(queries), row_scale_ = inverse_lengths(table);
  }

  std::size_t blocks() const { return (queries_.rows() + kQueries - 1) / kQueries; }

  void run(std::size_t block_of_queries) {
    const std::size_t top = block_of_queries * kQueries,
                      count = std::min(kQueries, queries_.rows() - top);
    std::vector<std::size_t> known(count);
    Sums sums;
    for (std::size_t left = 0; left < table_.rows(); left += kRows) {
      const Block block{queries_.row(top).data(), table_.row(left).data(), count,
                        std::min(kRows, table_.rows() - left), table_.stride()};
      switch (metric_) {
        case Metric::kL1:
          add_absolute_differences(block, sums);
          break;
        case Metric::kL2:
          add_squared_differences(block, sums);
          break;
        case Metric::kCosine:
          add_products(block, sums);
          break;
      }
      for (std::size_t q = 0; q < count; ++q) {
        for (std::size_t r = 0; r < block.row_count; ++r)
          offer(top + q, known[q],
                {distance(top + q, left + r, sums[q * kRows + r]), static_cast<int>(left + r)});
      }
    }
    if (metric_ != Metric::kL2) return;
    for (std::size_t i = top * out_.k; i < (top + count) * out_.k; ++i)
      out_.found[i].distance = std::sqrt(out_.found[i].distance);
  }

  Neighbors result() { return std::move(out_); }

 private:
  /// Squared for L2.
  float distance(std::size_t query, std::size_t row, float sum) const {
    return metric_ == Metric::kCosine ? 1 - sum * query_scale_[query] * row_scale_[row] : sum;
  }

  void offer(std::size_t query, std::size_t& known, Neighbor candidate) {
    Neighbor* const nearest = out_.found.data() + query * out_.k;
    if (known == out_.k && !(candidate.distance < nearest[known - 1].distance)) return;
    if (known < out_.k) ++known;
    std::size_t place = known - 1;
    for (; place > 0 && candidate.distance < nearest[place - 1].distance; --place)
      nearest[place] = nearest[place - 1];
    nearest[place] = candidate;
  }

  const FeatureTable& queries_;
  const FeatureTable& table_;
  Metric metric_;
  std::vector<float> query_scale_, row_scale_;  // of the cosine
  Neighbors out_;
};

constexpr std::array<std::string_view, 3> kMetricNames = {"l1", "l2", "cosine"};

}  // namespace

std::string_view to_string(Metric metric) {
  return kMetricNames.at(static_cast<std::size_t>(metric));
}

Metric metric_from_string(std::string_view name) {
  const auto found = std::find(kMetricNames.begin(), kMetricNames.end(), name);
  if (found == kMetricNames.end())
    throw Error(ErrorCode::kInvalidArgument, "unknown metric '" + std::string(name.substr(0, 40)) +
                                                 "'; choose l1, l2 or cosine");
  return static_cast<Metric>(found - kMetricNames.begin());
}

Neighbors nearest_neighbors(const FeatureTable& queries, const FeatureTable& table, Metric metric,
                            std::size_t k, int threads, const SearchProgress& progress) {
  if (queries.columns() != table.columns()) {
    throw Error(ErrorCode::kInvalidArgument,
                base::format("queries have %zu columns, the table has %zu", queries.columns(),
                             table.columns()));
  }
  if (k < 1 || k > table.rows())
    throw Error(ErrorCode::kInvalidArgument,
                base::format("k is %zu; it must be between 1 and the number of rows, %zu", k,
                             table.rows()));
  Search search(queries, table, metric, k);
  std::atomic<std::size_t> next = 0;
  const auto work = [&](const SearchProgress& report) {
    try {
      for (std::size_t block = next++; block < search.blocks(); block = next++) {
        if (report) report(block * kQueries, queries.rows());
        search.run(block);
      }
    } catch (...) {
      next = search.blocks();  // stops the other threads
      throw;
    }
  };
  std::vector<std::future<void>> helpers;
  for (int t = 1; t < threads; ++t)
    helpers.push_back(std::async(std::launch::async, work, SearchProgress()));
  work(progress);
  for (std::future<void>& helper : helpers) helper.get();
  return search.result();
}

std::vector<float> vote(std::span<const Neighbor> nearest, std::span<const int> labels,
                        int classes) {
  constexpr float kTieBreaker = 0.001F;
  std::vector<float> votes(static_cast<std::size_t>(classes));
  for (const Neighbor& neighbor : nearest)
    votes[static_cast<std::size_t>(labels[static_cast<std::size_t>(neighbor.row)])] += 1;
  const float max = *std::max_element(votes.begin(), votes.end());
  for (const Neighbor& neighbor : nearest) {
    float& of_class =
        votes[static_cast<std::size_t>(labels[static_cast<std::size_t>(neighbor.row)])];
    if (of_class != max) continue;
    of_class += kTieBreaker;
    break;
  }
  for (float& share : votes) share /= static_cast<float>(nearest.size()) + kTieBreaker;
  return votes;
}

}  // namespace mien::baselines
