#pragma once

#include <functional>
#include <vector>

#include "training/search_space.hpp"
#include "training/trials.hpp"

namespace mien::training {

enum class Method {
  kRandom,     ///< uniform sampling (Bergstra and Bengio 2012)
  kHyperband,  ///< many points for few epochs, the best third of them for three times as many, …
               ///< (Li et al. 2018, eta = 3)
  kTpe,        ///< tree-structured Parzen estimator (Bergstra et al. 2011)
};

struct TuneOptions {
  Method method = Method::kRandom;
  int trials = 20;  ///< points; for Hyperband, rounds through all brackets
  int epochs = 9;   ///< maximum per trial
  std::uint64_t seed = 1;
};

/// A request to train trial `number` at `point` up to `epochs` in total.
struct Request {
  int number = 0;
  int epochs = 0;
  Point point;
};

/// A rung of a Hyperband bracket: number of points, and epochs in total.
struct Rung {
  int points = 0;
  int epochs = 0;
};
std::vector<std::vector<Rung>> hyperband_brackets(int epochs);

/// Runs a search: `evaluate` trains a request and returns the trial. Trials in `done` are not
/// requested again, so that an interrupted search resumes. Deterministic for options, space and
/// scores. Returns all trials in order.
std::vector<Trial> tune(const SearchSpace& space, const TuneOptions& options,
                        std::vector<Trial> done,
                        const std::function<Trial(const Request&)>& evaluate);

/// Number of requests of a complete search.
int count_requests(const TuneOptions& options);

}  // namespace mien::training
