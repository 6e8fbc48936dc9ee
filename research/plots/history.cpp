#include "plots/history.hpp"

#include <algorithm>

#include "base/file.hpp"
#include "base/text.hpp"
#include "mien/error.hpp"

namespace mien::plots {
namespace {

Panel epoch_panel(const RunHistory& history, const std::string& title, const std::string& suffix,
                  Axis::Unit unit) {
  Panel panel{.title = title,
              .x = {.label = "epoch"},
              .y = {.label = "", .unit = unit},
              .legend = Legend::kBelow};
  const auto add = [&](const char* prefix, const char* name, std::size_t color, Mark mark) {
    const std::vector<double>* values = history.find(prefix + suffix);
    if (values != nullptr)
      panel.series.push_back({.name = name,
                              .mark = mark,
                              .color = series_color(color),
                              .x = *history.find("epoch"),
                              .y = *values});
  };
  add("train_", "training", 0, Mark::kDashes);
  add("valid_", "validation", 1, Mark::kLine);
  return panel;
}

}  // namespace

const std::vector<double>* RunHistory::find(std::string_view column) const {
  const auto found = std::find(columns.begin(), columns.end(), column);
  return found == columns.end() ? nullptr
                                : &values[static_cast<std::size_t>(found - columns.begin())];
}

RunHistory parse_history(std::string_view csv, const std::string& file_name) {
  RunHistory history;
  int number = 0;
  for (const std::string_view line : base::split(csv, '\n')) {
    ++number;
    if (base::trim(line).empty()) continue;
    const auto fail = [&](const std::string& what) {
      throw Error(ErrorCode::kBadFormat, base::format("%s:%d: ", file_name.c_str(), number) + what);
    };
    const std::vector<std::string> fields = base::split_list(line);
    if (history.columns.empty()) {
      history.columns = fields;
      history.values.resize(fields.size());
      if (history.find("epoch") == nullptr)
        fail("not a training history: the header must have a column 'epoch'");
      continue;
    }
    if (fields.size() != history.columns.size())
      fail(base::format("%zu fields, but the header has %zu", fields.size(),
                        history.columns.size()));
    for (std::size_t i = 0; i < fields.size(); ++i) {
      const auto value = base::parse_number<double>(fields[i]);
      if (!value) fail("'" + fields[i] + "' is not a number");
      history.values[i].push_back(*value);
    }
  }
  return history;
}

RunHistory read_history(const std::filesystem::path& path) {
  RunHistory history = parse_history(base::read_text(path, std::size_t{64} << 20), path.string());
  if (history.columns.empty() || history.values[0].empty())
    throw Error(ErrorCode::kBadFormat, path.string() + ": has no epochs");
  history.name =
      path.stem() == "history" ? path.parent_path().filename().string() : path.stem().string();
  return history;
}

Figure training_figure(const RunHistory& history) {
  std::vector<Panel> panels = {epoch_panel(history, "loss", "loss", Axis::Unit::kNumber),
                               epoch_panel(history, "accuracy", "accuracy", Axis::Unit::kPercent),
                               epoch_panel(history, "macro F1", "macro_f1", Axis::Unit::kPercent)};
  std::erase_if(panels, [](const Panel& panel) { return panel.series.empty(); });
  if (panels.empty())
    throw Error(
        ErrorCode::kBadFormat,
        history.name + ": the history has no column train_loss, valid_loss, train_accuracy, …");
  const int columns = static_cast<int>(panels.size());
  return {.description = "Training of " + history.name,
          .width = 960,
          .height = 320,
          .columns = columns,
          .panels = std::move(panels)};
}

}  // namespace mien::plots
