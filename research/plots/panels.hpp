#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "metrics/confusion.hpp"
#include "metrics/report.hpp"
#include "plots/figure.hpp"

// Panels that several figures share.
namespace mien::plots {

/// One group of bars a category, one bar a series in it. `values` [series][category].
struct BarGroup {
  std::string name;
  Colour colour;
  std::vector<metrics::Score> values;
};
Panel grouped_bars(std::string title, std::span<const std::string> categories,
                   std::span<const BarGroup> groups);

/// Rows truth, columns prediction; a field is as blue as its share of the row is large, and tells
/// share and count.
Panel heat_map(std::string title, const metrics::ConfusionMatrix& confusion,
               std::span<const std::string> labels);

}  // namespace mien::plots
