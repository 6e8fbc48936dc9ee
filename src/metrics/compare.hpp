#pragma once

#include <cstddef>
#include <span>

namespace mien::metrics {

/// McNemar's test: do two classifiers differ on the same samples? Only the samples count that exactly one of
/// them has right; under the null hypothesis each has it with probability 1/2.
struct McNemarResult {
  std::size_t only_first = 0;   ///< samples that only the first has right
  std::size_t only_second = 0;  ///< samples that only the second has right
  double exact_p = 1;           ///< two-sided binomial p-value, conservative
  double mid_p = 1;             ///< the same with half of the observed point (Fagerland et al. 2013): less so
};

/// All spans are [count]. Throws Error kInvalidArgument when the sizes differ.
McNemarResult mcnemar_test(std::span<const int> first, std::span<const int> second,
                           std::span<const int> labels);

}  // namespace mien::metrics
