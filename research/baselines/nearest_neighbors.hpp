#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// Nearest-neighbor classification (Cover and Hart 1967): a baseline without training.
namespace mien::baselines {

/// Rows of f32, zero-padded to a multiple of kLanes.
class FeatureTable {
 public:
  FeatureTable(std::size_t rows, std::size_t columns)
      : rows_(rows),
        columns_(columns),
        stride_((columns + kLanes - 1) / kLanes * kLanes),
        values_(rows * stride_) {}

  std::size_t rows() const { return rows_; }
  std::size_t columns() const { return columns_; }
  std::size_t stride() const { return stride_; }  ///< floats from one row to the next
  std::span<float> row(std::size_t i) { return std::span(values_).subspan(i * stride_, columns_); }
  std::span<const float> row(std::size_t i) const {
    return std::span(values_).subspan(i * stride_, columns_);
  }

  static constexpr std::size_t kLanes = 16;

 private:
  std::size_t rows_, columns_, stride_;
  std::vector<float> values_;
};

enum class Metric {
  kL1,      ///< sum of the absolute differences
  kL2,      ///< root of the sum of the squared differences
  kCosine,  ///< 1 - cosine of the angle; 1 if a vector is zero
};
std::string_view to_string(Metric metric);  ///< "l1", "l2", "cosine"
/// The inverse; throws Error kInvalidArgument for other names.
Metric metric_from_string(std::string_view name);

struct Neighbor {
  float distance = 0;
  int row = 0;  ///< of the table
};

/// The k nearest rows of each query by ascending distance; ties go to the earlier row.
struct Neighbors {
  std::size_t k = 0;
  std::vector<Neighbor> found;  ///< [queries, k]

  std::span<const Neighbor> of(std::size_t query) const {
    return std::span(found).subspan(query * k, k);
  }
};

/// Called occasionally on the calling thread; an exception stops the search and propagates.
using SearchProgress = std::function<void(std::size_t done, std::size_t total)>;

/// Exhaustive search. The result does not depend on the number of threads. Needs a few hundred
/// kilobytes per thread besides the result. Throws Error kInvalidArgument if the numbers of columns
/// differ or k is not between 1 and the number of rows.
Neighbors nearest_neighbors(const FeatureTable& queries, const FeatureTable& table, Metric metric,
                            std::size_t k, int threads, const SearchProgress& progress = {});

/// The share of each class among the neighbors [classes]; `labels` are those of the table's rows. A
/// tie goes to the class of the nearest neighbor, by an extra 0.001 votes.
std::vector<float> vote(std::span<const Neighbor> nearest, std::span<const int> labels,
                        int classes);

}  // namespace mien::baselines
