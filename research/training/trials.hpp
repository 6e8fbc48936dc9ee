#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "training/search_space.hpp"

namespace mien::training {

/// What training one point of a search space for so many epochs gave.
struct Trial {
  int number = 0;    ///< from 1; a trial that is trained on keeps its number
  int epochs = 0;    ///< trained in all
  double score = 0;  ///< larger is better
  double seconds = 0;
  Point point;
};

/// A line of JSON for each trial, "recipe" beside the point for people; reading ignores what is no
/// whole line of that kind (the end of a file that was cut off). Throws Error kBadFormat, naming
/// the text as `name`, where a point does not fit the space.
std::string trial_to_json(const Trial& trial, const SearchSpace& space);
std::vector<Trial> trials_from_jsonl(std::string_view text, const SearchSpace& space,
                                     const std::string& name);

/// The best of those trained for the most epochs. Requires at least one.
const Trial& best_trial(const std::vector<Trial>& trials);

/// Parallel coordinates (a line a trial, colored by its score) above the best score so far, as a
/// self-contained SVG image.
std::string trials_svg(const std::vector<Trial>& trials, const SearchSpace& space,
                       std::string_view title);

}  // namespace mien::training
