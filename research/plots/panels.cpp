#include "plots/panels.hpp"

#include <algorithm>
#include <cmath>

#include "base/file.hpp"

namespace mien::plots {

Panel grouped_bars(std::string title, std::span<const std::string> categories,
                   std::span<const BarGroup> groups) {
  constexpr double kGap = 0.24;  // between categories, in units of x
  Panel panel{.title = std::move(title),
              .x = {.low = -0.5, .high = static_cast<double>(categories.size()) - 0.5},
              .y = {.unit = Axis::Unit::kPercent, .low = 0, .high = 1}};
  for (std::size_t c = 0; c < categories.size(); ++c)
    panel.x.ticks.emplace_back(static_cast<double>(c), categories[c]);
  const double step = (1 - kGap) / static_cast<double>(groups.size());
  for (std::size_t g = 0; g < groups.size(); ++g) {
    Series series{
        .name = groups[g].name, .mark = Mark::kBars, .color = groups[g].color, .width = step * 0.9};
    for (std::size_t c = 0; c < categories.size(); ++c) {
      const metrics::Score& score = groups[g].values[c];
      series.x.push_back(static_cast<double>(c) +
                         (static_cast<double>(g) - static_cast<double>(groups.size() - 1) / 2) *
                             step);
      series.y.push_back(score.value);
      series.low.push_back(score.low);
      series.high.push_back(score.high);
    }
    panel.series.push_back(std::move(series));
  }
  if (groups.size() > 1) panel.legend = Legend::kTop;
  return panel;
}

Panel heat_map(std::string title, const metrics::ConfusionMatrix& confusion,
               std::span<const std::string> labels) {
  constexpr vision::Rgb kBlue = {0, 90, 145};
  constexpr double kGap = 0.03, kWhiteTextFrom = 0.45;
  const double last = confusion.classes() - 0.5;
  Panel panel{.title = std::move(title),
              .x = {.label = "prediction", .low = -0.5, .high = last},
              .y = {.label = "truth", .low = last, .high = -0.5}};
  for (int truth = 0; truth < confusion.classes(); ++truth) {
    panel.x.ticks.emplace_back(truth, labels[static_cast<std::size_t>(truth)]);
    panel.y.ticks.emplace_back(truth, labels[static_cast<std::size_t>(truth)]);
    const auto support = static_cast<double>(std::max<std::uint64_t>(confusion.support(truth), 1));
    for (int guess = 0; guess < confusion.classes(); ++guess) {
      const std::uint64_t count = confusion.count(truth, guess);
      const double share = static_cast<double>(count) / support;
      panel.tiles.push_back(
          {guess - 0.5 + kGap,
           guess + 0.5 - kGap,
           truth - 0.5 + kGap,
           truth + 0.5 - kGap,
           {kBlue, 0.03 + 0.97 * std::pow(share, 0.7)},
           count == 0 ? ""
                      : base::format("%.0f %% · %llu", 100 * share,
                                     static_cast<unsigned long long>(count)),
           share > kWhiteTextFrom ? Color{vision::Rgb{255, 255, 255}} : Color{{}, 0.9}});
    }
  }
  return panel;
}

}  // namespace mien::plots
