#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// Classification by the nearest of all known examples (Cover and Hart 1967): what can be had
// without learning anything.
namespace mien::baselines {

/// Rows of f32, each padded with zeros to whole vectors of the processor.
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
  kCosine,  ///< 1 - cosine of the angle; 1 where one of the two is zero
};
std::string_view to_string(Metric metric);  ///< "l1", "l2", "cosine"
/// The inverse; throws Error kInvalidArgument for other words.
Metric metric_from_string(std::string_view name);

struct Neighbour {
  float distance = 0;
  int row = 0;  ///< of the table
};

/// The k nearest rows of each query, the nearest first; of equally near ones the earlier row.
struct Neighbours {
  std::size_t k = 0;
  std::vector<Neighbour> found;  ///< [queries, k]

  std::span<const Neighbour> of(std::size_t query) const {
    return std::span(found).subspan(query * k, k);
  }
};

/// Called now and then on the calling thread with the queries done; an exception ends the search
/// and passes on.
using SearchProgress = std::function<void(std::size_t done, std::size_t total)>;

/// Compares every query with every row of the table. The result does not depend on the number of
/// threads. Needs no memory but for the result and a few hundred kilobytes a thread. Throws Error
/// kInvalidArgument where the widths differ or k is not 1 to the table's rows.
Neighbours nearest_neighbours(const FeatureTable& queries, const FeatureTable& table, Metric metric,
                              std::size_t k, int threads, const SearchProgress& progress = {});

/// The share of each class in the neighbours, [classes]; `labels` are those of the table's rows. Of
/// classes with equally many neighbours the one that has the nearest gets a thousandth of a vote
/// more, so that it is the largest.
std::vector<float> vote(std::span<const Neighbour> nearest, std::span<const int> labels,
                        int classes);

}  // namespace mien::baselines
