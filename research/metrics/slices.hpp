#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "metrics/report.hpp"

// Scores of parts of the pictures: of each person, in each light. Parts differ in the emotions that
// they show, and some emotions are harder than others; what is compared is therefore how often the
// network is right with how often it would be if each class went as well in the part as it does
// over all.
namespace mien::metrics {

struct Slice {
  std::string name;
  std::uint64_t count = 0;
  Score accuracy;       ///< with Wilson's interval
  double expected = 0;  ///< mean over the part's pictures of the accuracy on their class over all
};

/// One way to part the pictures.
struct Slicing {
  std::string name;
  std::vector<Slice> slices;  ///< those with pictures
  /// Share of the permutations, within each class, of right and wrong over the parts that differ
  /// from `expected` at least as much as the parts do: small where the parts differ by more than
  /// chance. 1 for a single part.
  double p = 1;
};

/// `part` [count] is an index of `names`, or -1 for a picture left out. Throws Error
/// kInvalidArgument where sizes or values do not fit. The same seed gives the same p.
Slicing slice_accuracy(std::string name, std::span<const int> part, std::vector<std::string> names,
                       std::span<const int> predictions, std::span<const int> labels,
                       int permutations = 2000, std::uint64_t seed = 1);

}  // namespace mien::metrics
