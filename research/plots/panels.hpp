#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "metrics/confusion.hpp"
#include "metrics/report.hpp"
#include "plots/figure.hpp"

// Panels used by several figures.
namespace mien::plots {

/// One series of a grouped bar chart; `values` [categories].
struct BarGroup {
  std::string name;
  Color color;
  std::vector<metrics::Score> values;
};
Panel grouped_bars(std::string title, std::span<const std::string> categories,
                   std::span<const BarGroup> groups);

/// Confusion matrix: rows truth, columns prediction; each cell shows its share of the row and the
/// count.
Panel heat_map(std::string title, const metrics::ConfusionMatrix& confusion,
               std::span<const std::string> labels);

}  // namespace mien::plots
