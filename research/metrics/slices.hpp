#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "metrics/report.hpp"

// Accuracy of slices of the images, such as subjects or dark images. Slices differ in their class
// distribution, and some classes are harder than others; a slice's accuracy is therefore compared
// with the accuracy expected from its classes.
namespace mien::metrics {

struct Slice {
  std::string name;
  std::uint64_t count = 0;
  Score accuracy;       ///< with Wilson's interval
  double expected = 0;  ///< the slice's accuracy if each class were recognized as well as overall
};

/// One way to divide the images into slices.
struct Slicing {
  std::string name;
  std::vector<Slice> slices;  ///< those that contain images
  /// p value of a permutation test: share of the permutations of correct and wrong within each
  /// class whose slices differ from `expected` at least as much as the observed ones. 1 for a
  /// single slice.
  double p = 1;
};

/// `part` [count] is an index into `names`, or -1 for an image without a slice. Throws Error
/// kInvalidArgument for sizes that differ or values out of range. The same seed gives the same p.
Slicing slice_accuracy(std::string name, std::span<const int> part, std::vector<std::string> names,
                       std::span<const int> predictions, std::span<const int> labels,
                       int permutations = 2000, std::uint64_t seed = 1);

}  // namespace mien::metrics
