#include "reports/figures.hpp"

#include <algorithm>
#include <cmath>

#include "base/file.hpp"
#include "plots/panels.hpp"

namespace mien::reports {
namespace {

using plots::Axis;
using plots::Mark;
using plots::Panel;
using plots::Series;

constexpr int kWidth = 960;

std::vector<std::string> names_of(const metrics::ClassificationReport& scores) {
  std::vector<std::string> names;
  for (const metrics::ClassScores& entry : scores.per_class) names.push_back(entry.name);
  return names;
}

Axis share_axis(std::string label) {
  return {.label = std::move(label), .unit = Axis::Unit::kPercent, .low = 0, .high = 1};
}

/// Step that keeps at most about 400 points.
std::size_t step_of(std::size_t points) { return points / 400 + 1; }

Panel reliability_panel(const std::string& title,
                        const std::vector<metrics::ReliabilityBin>& bins) {
  Panel panel{.title = title, .x = share_axis("confidence"), .y = share_axis("accuracy")};
  Series bars{.name = "",
              .mark = Mark::kBars,
              .color = plots::series_color(0, 0.75),
              .width = 100.0 / metrics::kCalibrationBins * 0.92};
  Series perfect{.name = "",
                 .mark = Mark::kDashes,
                 .color = {{}, 0.7},
                 .width = 1.5,
                 .x = {0, 1},
                 .y = {0, 1}};
  for (const metrics::ReliabilityBin& bin : bins) {
    if (bin.count == 0) continue;
    const metrics::Score share = metrics::wilson_score(
        static_cast<std::uint64_t>(std::lround(bin.accuracy * static_cast<double>(bin.count))),
        bin.count);
    bars.x.push_back((bin.low + bin.high) / 2);
    bars.y.push_back(share.value);
    bars.low.push_back(share.low);
    bars.high.push_back(share.high);
  }
  panel.series = {std::move(bars), std::move(perfect)};
  return panel;
}

}  // namespace

plots::Figure confusion_figure(const metrics::ClassificationReport& scores) {
  const int classes = scores.confusion.classes();
  return {.description = "Confusion matrix",
          .width = kWidth,
          .height = 110 + 60 * classes,
          .panels = {plots::heat_map("", scores.confusion, names_of(scores))}};
}

plots::Figure class_figure(const metrics::ClassificationReport& scores) {
  std::vector<plots::BarGroup> groups = {{"precision", plots::series_color(0), {}},
                                         {"recall", plots::series_color(4), {}},
                                         {"F1", plots::series_color(2), {}}};
  for (const metrics::ClassScores& entry : scores.per_class) {
    groups[0].values.push_back(entry.precision);
    groups[1].values.push_back(entry.recall);
    groups[2].values.push_back(entry.f1);
  }
  return {.description = "Precision, recall and F1 of each class",
          .width = kWidth,
          .height = 340,
          .panels = {plots::grouped_bars("", names_of(scores), groups)}};
}

plots::Figure precision_recall_figure(const LabelSetEvaluation& e) {
  Panel panel{.title = "",
              .x = share_axis("recall"),
              .y = share_axis("precision"),
              .legend = plots::Legend::kRight};
  for (std::size_t c = 0; c < e.labels.size(); ++c) {
    const auto& curve = e.precision_recall[c];
    if (curve.empty()) continue;
    Series series{.name = base::format("%s  %.2f", e.labels[c].c_str(), e.average_precision[c]),
                  .color = plots::emotion_color(*emotion_from_string(e.labels[c]))};
    for (std::size_t i = 0; i < curve.size(); i += step_of(curve.size())) {
      series.x.push_back(curve[i].recall);
      series.y.push_back(curve[i].precision);
    }
    panel.series.push_back(std::move(series));
  }
  return {.description = "Precision by recall of each class",
          .width = kWidth,
          .height = 440,
          .panels = {std::move(panel)}};
}

plots::Figure reliability_figure(const ModelEvaluation& model) {
  const LabelSetEvaluation& e = model.own;
  const std::string after = base::format("temperature %.3g: calibration error %.3f",
                                         model.temperature, e.scores.ece.value);
  if (model.temperature == 1) {
    return {.description = "Reliability",
            .width = kWidth / 2,
            .height = 380,
            .panels = {reliability_panel(
                "calibration error " + base::format("%.3f", e.scores.ece.value), e.reliability)}};
  }
  return {.description = "Reliability before and after calibration",
          .width = kWidth,
          .height = 380,
          .columns = 2,
          .panels = {reliability_panel(base::format("before: calibration error %.3f", e.ece_before),
                                       e.reliability_before),
                     reliability_panel(after, e.reliability)}};
}

plots::Figure risk_coverage_figure(const std::vector<ModelEvaluation>& models) {
  Panel panel{.title = "",
              .x = share_axis("coverage: share of images, by descending confidence"),
              .y = {.label = "risk: error rate among them", .unit = Axis::Unit::kPercent, .low = 0},
              .legend = models.size() > 1 ? plots::Legend::kRight : plots::Legend::kNone};
  for (std::size_t m = 0; m < models.size(); ++m) {
    const auto& curve = models[m].own.risk_coverage;
    Series series{.name = base::format("%s  %.3f", models[m].name.c_str(), models[m].own.aurc),
                  .color = plots::series_color(m)};
    for (std::size_t i = 0; i < curve.size(); i += step_of(curve.size())) {
      series.x.push_back(curve[i].coverage);
      series.y.push_back(curve[i].risk);
    }
    series.x.push_back(curve.back().coverage);
    series.y.push_back(curve.back().risk);
    panel.series.push_back(std::move(series));
  }
  return {.description = "Risk by coverage",
          .width = kWidth,
          .height = 360,
          .panels = {std::move(panel)}};
}

plots::Figure compared_classes_figure(const std::vector<ModelEvaluation>& models) {
  const std::vector<std::string> names = names_of(models[0].own.scores);
  std::vector<plots::BarGroup> groups;
  for (std::size_t m = 0; m < models.size(); ++m) {
    plots::BarGroup group{models[m].name, plots::series_color(m), {}};
    for (const std::string& name : names) {
      const auto& entries = models[m].own.scores.per_class;
      const auto found =
          std::find_if(entries.begin(), entries.end(),
                       [&](const metrics::ClassScores& entry) { return entry.name == name; });
      group.values.push_back(found == entries.end() ? metrics::Score{} : found->f1);
    }
    groups.push_back(std::move(group));
  }
  return {.description = "F1 of each class and model",
          .width = kWidth,
          .height = 340,
          .panels = {plots::grouped_bars("", names, groups)}};
}

plots::Figure robustness_figure(const std::vector<ModelEvaluation>& models) {
  std::vector<Panel> panels;
  double max = 0;
  for (const ModelEvaluation& model : models) {
    for (const RobustnessRow& row : model.robustness) max = std::max(max, row.accuracy.high);
  }
  for (const RobustnessRow& row : models[0].robustness) {
    const auto same = [&](const Panel& panel) { return panel.title == row.kind; };
    if (row.kind != "none" && std::none_of(panels.begin(), panels.end(), same))
      panels.push_back({.title = row.kind, .x = {.label = ""}, .y = share_axis("")});
  }
  for (Panel& panel : panels) {
    for (std::size_t m = 0; m < models.size(); ++m) {
      Series series{.name = "", .color = plots::series_color(m)};
      panel.x.ticks.clear();
      for (const RobustnessRow& row : models[m].robustness) {
        if (row.kind != "none" && row.kind != panel.title) continue;
        const auto place = static_cast<double>(series.x.size());
        panel.x.ticks.emplace_back(place, row.kind == "none" ? "none" : row.strength);
        series.x.push_back(place);
        series.y.push_back(row.accuracy.value);
        series.low.push_back(row.accuracy.low);
        series.high.push_back(row.accuracy.high);
      }
      panel.series.push_back(std::move(series));
    }
    panel.y.high = std::ceil(10 * max) / 10;
    panel.x.low = -0.3;
    panel.x.high = static_cast<double>(panel.x.ticks.size()) - 0.7;
  }
  const int columns = 3, rows = (static_cast<int>(panels.size()) + columns - 1) / columns;
  return {.description = "Accuracy by corruption",
          .width = kWidth,
          .height = 215 * rows,
          .columns = columns,
          .panels = std::move(panels)};
}

plots::Figure slices_figure(const std::vector<metrics::Slicing>& slicings) {
  constexpr std::size_t kNamed = 12;  // maximum number of labeled slices
  std::vector<Panel> panels;
  for (const metrics::Slicing& slicing : slicings) {
    Panel panel{
        .title = slicing.name + (slicing.p < 0.05 ? ": differ" : ""),
        .x = {.label = "", .low = -0.6, .high = static_cast<double>(slicing.slices.size()) - 0.4},
        .y = {.unit = Axis::Unit::kPercent}};
    std::vector<metrics::Slice> slices = slicing.slices;
    if (slices.size() > kNamed) {
      panel.x.unit = Axis::Unit::kNone;
      panel.x.label = base::format("%zu, by ascending accuracy", slices.size());
      std::stable_sort(slices.begin(), slices.end(), [](const auto& a, const auto& b) {
        return a.accuracy.value < b.accuracy.value;
      });
    }
    Series found{.name = "",
                 .mark = Mark::kPoints,
                 .color = plots::series_color(0),
                 .width = slices.size() > kNamed ? 4.0 : 8.0};
    Series expected{.name = "",
                    .mark = Mark::kPoints,
                    .color = plots::series_color(4),
                    .width = slices.size() > kNamed ? 3.0 : 5.0};
    for (std::size_t i = 0; i < slices.size(); ++i) {
      const auto place = static_cast<double>(i);
      if (slices.size() <= kNamed)
        panel.x.ticks.emplace_back(place, slices[i].name.substr(0, slices[i].name.find(" (")));
      found.x.push_back(place);
      found.y.push_back(slices[i].accuracy.value);
      found.low.push_back(slices[i].accuracy.low);
      found.high.push_back(slices[i].accuracy.high);
      expected.x.push_back(place + (slices.size() > kNamed ? 0 : 0.16));
      expected.y.push_back(slices[i].expected);
    }
    panel.y.low = std::floor(10 * *std::min_element(found.low.begin(), found.low.end())) / 10;
    panel.y.high = std::ceil(10 * *std::max_element(found.high.begin(), found.high.end())) / 10;
    panel.series = {std::move(found), std::move(expected)};
    panels.push_back(std::move(panel));
  }
  const int columns = std::min<int>(3, static_cast<int>(panels.size())),
            rows = (static_cast<int>(panels.size()) + columns - 1) / columns;
  return {.description = "Accuracy of slices",
          .width = kWidth,
          .height = 240 * rows,
          .columns = columns,
          .panels = std::move(panels)};
}

}  // namespace mien::reports
