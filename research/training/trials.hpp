#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "plots/figure.hpp"
#include "training/search_space.hpp"

namespace mien::training {

/// Result of training one point of a search space for some epochs.
struct Trial {
  int number = 0;    ///< from 1; unchanged when the trial is continued
  int epochs = 0;    ///< in total
  double score = 0;  ///< larger is better
  double seconds = 0;
  Point point;
};

/// One JSON line per trial; "recipe" repeats the point as settings. Reading skips incomplete lines,
/// such as the end of an interrupted write. Throws Error kBadFormat, naming the file as `name`, if
/// a point does not belong to the space.
std::string trial_to_json(const Trial& trial, const SearchSpace& space);
std::vector<Trial> trials_from_jsonl(std::string_view text, const SearchSpace& space,
                                     const std::string& name);

/// The best trial among those with the most epochs. Requires at least one.
const Trial& best_trial(const std::vector<Trial>& trials);

/// Parallel coordinates of the trials, and the best score so far. Requires at least one trial.
plots::Figure trials_figure(const std::vector<Trial>& trials, const SearchSpace& space);

}  // namespace mien::training
