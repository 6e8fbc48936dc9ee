#include "training/trials.hpp"

#include <algorithm>
#include <utility>

#include "base/json.hpp"
#include "base/text.hpp"
#include "mien/error.hpp"

namespace mien::training {
namespace {

/// The last result of each trial, by number of epochs.
std::vector<Trial> latest(const std::vector<Trial>& trials) {
  std::vector<Trial> out;
  for (const Trial& trial : trials) {
    const auto same = std::find_if(
        out.begin(), out.end(), [&](const Trial& other) { return other.number == trial.number; });
    if (same == out.end())
      out.push_back(trial);
    else if (trial.epochs >= same->epochs)
      *same = trial;
  }
  return out;
}

/// Parallel coordinates: one vertical axis per dimension and one for the score, one line per trial.
plots::Panel coordinates_panel(const std::vector<Trial>& trials, const SearchSpace& space) {
  const auto [worst, best] =
      std::minmax_element(trials.begin(), trials.end(),
                          [](const Trial& a, const Trial& b) { return a.score < b.score; });
  const double low = worst->score, range = std::max(best->score - low, 1e-9);
  const auto axes = static_cast<double>(space.dimensions.size());
  plots::Panel panel{
      .title = base::format("%zu trials; darker lines have higher scores", trials.size()),
      .x = {.low = -0.4, .high = axes + 0.6},
      .y = {.unit = plots::Axis::Unit::kNone, .low = -0.1, .high = 1.1}};
  std::vector<const Trial*> order;
  for (const Trial& trial : trials) order.push_back(&trial);
  std::stable_sort(order.begin(), order.end(),
                   [](const Trial* a, const Trial* b) { return a->score < b->score; });
  for (const Trial* trial : order) {
    const double goodness = (trial->score - low) / range;
    plots::Series line{.name = "",
                       .color = plots::series_color(0, 0.15 + 0.85 * goodness),
                       .width = trial == order.back() ? 3.0 : 1.5};
    for (std::size_t d = 0; d <= space.dimensions.size(); ++d) {
      line.x.push_back(static_cast<double>(d));
      line.y.push_back(d < space.dimensions.size() ? trial->point[d] : goodness);
    }
    panel.series.push_back(std::move(line));
  }
  for (std::size_t d = 0; d <= space.dimensions.size(); ++d) {
    const bool is_score = d == space.dimensions.size();
    const auto x = static_cast<double>(d);
    panel.x.ticks.emplace_back(x, is_score ? "score" : space.dimensions[d].name);
    panel.series.push_back({.name = "", .color = {{}, 0.6}, .width = 1, .x = {x, x}, .y = {0, 1}});
    panel.notes.push_back(
        {x, -0.06, is_score ? base::format("%.3f", low) : space.dimensions[d].value_at(0), {}});
    panel.notes.push_back(
        {x,
         1.06,
         is_score ? base::format("%.3f", best->score) : space.dimensions[d].value_at(1),
         {}});
  }
  return panel;
}

plots::Panel progress_panel(const std::vector<Trial>& trials) {
  plots::Series scores{
      .name = "score", .mark = plots::Mark::kPoints, .color = plots::series_color(0), .width = 6};
  plots::Series best{
      .name = "best so far", .mark = plots::Mark::kSteps, .color = plots::series_color(1)};
  for (const Trial& trial : trials) {
    const auto place = static_cast<double>(scores.x.size() + 1);
    scores.x.push_back(place);
    scores.y.push_back(trial.score);
    best.x.push_back(place);
    best.y.push_back(best.y.empty() ? trial.score : std::max(best.y.back(), trial.score));
  }
  return {.title = "",
          .x = {.label = "training"},
          .y = {.label = "score"},
          .series = {std::move(scores), std::move(best)},
          .legend = plots::Legend::kTop};
}

}  // namespace

std::string trial_to_json(const Trial& trial, const SearchSpace& space) {
  const base::Json json = {{"trial", trial.number}, {"epochs", trial.epochs},
                           {"score", trial.score},  {"seconds", base::rounded(trial.seconds, 1)},
                           {"point", trial.point},  {"recipe", space.recipe_of(trial.point)}};
  return base::to_text(json) + "\n";
}

std::vector<Trial> trials_from_jsonl(std::string_view text, const SearchSpace& space,
                                     const std::string& name) {
  std::vector<Trial> trials;
  for (const std::string_view line : base::split(text, '\n')) {
    const base::Json json = base::Json::parse(line, nullptr, false);
    if (!json.is_object()) continue;
    Trial trial;
    std::string recipe;
    try {
      trial = {json.at("trial"), json.at("epochs"), json.at("score"), json.at("seconds"),
               json.at("point").get<Point>()};
      recipe = json.at("recipe");
    } catch (const base::Json::exception&) {
      continue;
    }
    if (trial.point.size() != space.dimensions.size() || recipe != space.recipe_of(trial.point)) {
      throw Error(ErrorCode::kBadFormat,
                  base::format("%s: trial %d has another search space; use another --out",
                               name.c_str(), trial.number));
    }
    trials.push_back(std::move(trial));
  }
  return trials;
}

const Trial& best_trial(const std::vector<Trial>& trials) {
  return *std::max_element(trials.begin(), trials.end(), [](const Trial& a, const Trial& b) {
    return std::pair(a.epochs, a.score) < std::pair(b.epochs, b.score);
  });
}

plots::Figure trials_figure(const std::vector<Trial>& trials, const SearchSpace& space) {
  const int width = std::max(960, 130 * static_cast<int>(space.dimensions.size() + 1));
  return {.description = "Trials of a search",
          .width = width,
          .height = 700,
          .panels = {coordinates_panel(latest(trials), space), progress_panel(trials)}};
}

}  // namespace mien::training
