#include "training/trials.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "base/file.hpp"
#include "mien/error.hpp"

namespace mien::training {
namespace {

/// The number after `"key": ` in a line of JSON.
std::optional<double> number_of(std::string_view line, std::string_view key) {
  const std::string mark = base::json_quote(key) + ": ";
  const auto at = line.find(mark);
  if (at == std::string_view::npos) return std::nullopt;
  double value = 0;
  const char* begin = line.data() + at + mark.size();
  if (std::from_chars(begin, line.data() + line.size(), value).ec != std::errc())
    return std::nullopt;
  return value;
}

/// Trials at their last request, one a number.
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

}  // namespace

std::string trial_to_json(const Trial& trial, const SearchSpace& space) {
  std::string point;
  for (const double x : trial.point)
    point += (point.empty() ? "" : ", ") + base::format("%.17g", x);
  return base::format(
      "{\"trial\": %d, \"epochs\": %d, \"score\": %.17g, \"seconds\": %.1f, \"point\": [%s], "
      "\"recipe\": %s}\n",
      trial.number, trial.epochs, trial.score, trial.seconds, point.c_str(),
      base::json_quote(space.recipe_of(trial.point)).c_str());
}

std::vector<Trial> trials_from_jsonl(std::string_view text, const SearchSpace& space,
                                     const std::string& name) {
  std::vector<Trial> trials;
  for (std::size_t end; (end = text.find('\n')) != std::string_view::npos;
       text.remove_prefix(end + 1)) {
    std::string_view line = text.substr(0, end);
    const auto number = number_of(line, "trial"), epochs = number_of(line, "epochs"),
               score = number_of(line, "score"), seconds = number_of(line, "seconds");
    const auto open = line.find('['), close = line.find(']');
    if (!number || !epochs || !score || !seconds || open == std::string_view::npos ||
        close == std::string_view::npos)
      continue;
    Trial trial{static_cast<int>(*number), static_cast<int>(*epochs), *score, *seconds, {}};
    for (const char* at = line.data() + open + 1; at < line.data() + close;) {
      double x = 0;
      const auto [next, error] = std::from_chars(at, line.data() + close, x);
      if (error != std::errc()) break;
      trial.point.push_back(x);
      at = next + 2;
    }
    const bool fits = trial.point.size() == space.dimensions.size() &&
                      line.ends_with(base::json_quote(space.recipe_of(trial.point)) + "}");
    if (!fits) {
      throw Error(ErrorCode::kBadFormat,
                  base::format("%s: trial %d was of another search space: give another --out",
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

std::string trials_svg(const std::vector<Trial>& trials, const SearchSpace& space,
                       std::string_view title) {
  const std::vector<Trial> shown = latest(trials);
  const auto [worst, best] = std::minmax_element(
      shown.begin(), shown.end(), [](const Trial& a, const Trial& b) { return a.score < b.score; });
  const double low = worst->score, range = std::max(best->score - low, 1e-9);
  // From light to dark blue: a good score is dark.
  const auto color = [&](double score) {
    const double t = (score - low) / range;
    return base::format("rgb(%.0f,%.0f,%.0f)", 205 - 205 * t, 222 - 135 * t, 238 - 60 * t);
  };
  const double axes = static_cast<double>(space.dimensions.size()),
               gap = std::max(110.0, 760.0 / axes), width = 120 + gap * axes;
  constexpr double kTop = 96, kHeight = 240, kBelow = kTop + kHeight + 90, kPlot = 160;
  std::string svg = base::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" "
      "font-family=\"sans-serif\" font-size=\"12\" "
      "fill=\"#222\">\n<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n"
      "<text x=\"60\" y=\"32\" font-size=\"17\" font-weight=\"600\">%s</text>\n"
      "<text x=\"60\" y=\"52\" fill=\"#555\">%zu trials; a line each, the darker the better: %.4f "
      "to %.4f</text>\n",
      width, kBelow + kPlot + 50, std::string(title).c_str(), shown.size(), low, best->score);
  const auto x_of = [&](std::size_t axis) { return 60 + gap * static_cast<double>(axis); };
  const auto y_of = [&](double position) { return kTop + (1 - position) * kHeight; };
  std::vector<const Trial*> order;
  for (const Trial& trial : shown) order.push_back(&trial);
  std::stable_sort(order.begin(), order.end(),
                   [](const Trial* a, const Trial* b) { return a->score < b->score; });
  for (const Trial* trial : order) {
    std::string points;
    for (std::size_t d = 0; d < space.dimensions.size(); ++d)
      points += base::format("%.1f,%.1f ", x_of(d), y_of(trial->point[d]));
    points += base::format("%.1f,%.1f", x_of(space.dimensions.size()),
                           y_of((trial->score - low) / range));
    svg += base::format(
        "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"%s\" points=\"%s\"/>\n",
        color(trial->score).c_str(), trial == order.back() ? "3" : "1.5", points.c_str());
  }
  for (std::size_t d = 0; d <= space.dimensions.size(); ++d) {
    const bool is_score = d == space.dimensions.size();
    const std::string name = is_score ? "score" : space.dimensions[d].name;
    const std::string bottom =
        is_score ? base::format("%.3f", low) : space.dimensions[d].value_at(0);
    const std::string top =
        is_score ? base::format("%.3f", best->score) : space.dimensions[d].value_at(1);
    const auto text = [&](double y, const std::string& words, const char* style) {
      std::string plain;
      for (const char c : words)
        if (c != '"') plain += c;
      svg += base::format("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\"%s>%s</text>\n",
                          x_of(d), y, style, plain.c_str());
    };
    svg += base::format("<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%.0f\" y2=\"%.0f\" stroke=\"#222\"/>\n",
                        x_of(d), x_of(d), kTop, kTop + kHeight);
    text(kTop - 8, top, "");
    text(kTop + kHeight + 16, bottom, "");
    text(kTop + kHeight + 34, name, " font-weight=\"600\"");
  }
  double so_far = low, left = 60, right = x_of(space.dimensions.size());
  std::string points;
  const double step = (right - left) / std::max<double>(1, static_cast<double>(trials.size()) - 1);
  for (std::size_t i = 0; i < trials.size(); ++i) {
    so_far = std::max(so_far, trials[i].score);
    const double x = left + step * static_cast<double>(i);
    const auto height = [&](double score) {
      return kBelow + (1 - std::clamp((score - low) / range, 0.0, 1.0)) * kPlot;
    };
    points += base::format("%.1f,%.1f ", x, height(so_far));
    svg += base::format("<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>\n", x,
                        height(trials[i].score), color(trials[i].score).c_str());
  }
  svg += base::format(
      "<polyline fill=\"none\" stroke=\"#D55E00\" stroke-width=\"2\" points=\"%s\"/>\n"
      "<text x=\"%.0f\" y=\"%.0f\">each training in order, and the best score so far "
      "(%.4f)</text>\n",
      points.c_str(), left, kBelow + kPlot + 28, so_far);
  return svg + "</svg>\n";
}

}  // namespace mien::training
