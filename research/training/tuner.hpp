#pragma once

#include <functional>
#include <vector>

#include "training/search_space.hpp"
#include "training/trials.hpp"

namespace mien::training {

enum class Method {
  kRandom,     ///< points drawn evenly (Bergstra and Bengio 2012)
  kHyperband,  ///< many points for few epochs, the best third of them for three times as many, …
               ///< (Li et al. 2018, eta = 3)
  kTpe,  ///< points like the good ones and unlike the others (tree-structured Parzen estimator,
         ///< Bergstra et al. 2011)
};

struct TuneOptions {
  Method method = Method::kRandom;
  int trials = 20;  ///< points; of Hyperband: rounds through all its brackets
  int epochs = 9;   ///< that a trial is trained for at most
  std::uint64_t seed = 1;
};

/// One request of a search: train trial `number` at `point` until it has `epochs` in all.
struct Request {
  int number = 0;
  int epochs = 0;
  Point point;
};

/// A bracket of Hyperband: how many points are trained, and for how many epochs in all, rung by
/// rung.
struct Rung {
  int points = 0;
  int epochs = 0;
};
std::vector<std::vector<Rung>> hyperband_brackets(int epochs);

/// Runs a search: `evaluate` trains what is asked and gives the trial. Trials in `done` are not
/// asked for again, so a search that was cut off goes on where it was; the same options, space and
/// scores give the same points. Returns all trials in order.
std::vector<Trial> tune(const SearchSpace& space, const TuneOptions& options,
                        std::vector<Trial> done,
                        const std::function<Trial(const Request&)>& evaluate);

/// How many requests a whole search makes.
int count_requests(const TuneOptions& options);

}  // namespace mien::training
