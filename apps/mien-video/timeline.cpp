#include "timeline.hpp"

#include <algorithm>
#include <limits>

#include "base/file.hpp"
#include "mien/error.hpp"
#include "plots/figure.hpp"
#include "summary.hpp"

namespace mien::apps {
namespace {

constexpr std::size_t kMaxPersons = 8;    ///< panels
constexpr std::size_t kMaxColumns = 480;  ///< points of a panel; more are not visible

/// One person's mean probabilities, `step` bins per point, with gaps where the person was out of
/// sight.
class PersonCurve {
 public:
  PersonCurve(const tracking::PersonLog& person, std::size_t classes, double bin_seconds,
              std::size_t step)
      : person_(person), width_(1 + classes), seconds_(bin_seconds), step_(step) {}

  /// The sum of the emotions 0..`last` over time.
  plots::Series area(std::size_t last) const {
    plots::Series series{.name = {}, .mark = plots::Mark::kArea, .color = {}};
    const std::size_t begin = person_.first_bin / step_, bins = person_.bins.size() / width_;
    const std::size_t end = (person_.first_bin + bins + step_ - 1) / step_;
    const auto add = [&](double bin, double value) {
      series.x.push_back(bin * seconds_);
      series.y.push_back(value);
    };
    for (std::size_t point = begin; point < end; ++point) {
      const double value = mean(point, last);
      // A step from edge to edge next to a gap, so that a single point is visible.
      const double left = static_cast<double>(point * step_),
                   right = static_cast<double>((point + 1) * step_);
      if (point == begin || absent(point - 1)) add(left, value);
      add((left + right) / 2, value);
      if (point + 1 == end || absent(point + 1)) add(right, value);
    }
    return series;
  }

 private:
  bool absent(std::size_t point) const { return sum(point, 0) <= 0; }
  double mean(std::size_t point, std::size_t last) const {
    if (absent(point)) return std::numeric_limits<double>::quiet_NaN();
    double total = 0;
    for (std::size_t c = 0; c <= last; ++c) total += sum(point, 1 + c);
    return total / sum(point, 0);
  }
  double sum(std::size_t point, std::size_t value) const {
    double total = 0;
    for (std::size_t bin = point * step_; bin < (point + 1) * step_; ++bin) {
      if (bin < person_.first_bin) continue;
      const std::size_t at = (bin - person_.first_bin) * width_ + value;
      if (at < person_.bins.size()) total += person_.bins[at];
    }
    return total;
  }

  const tracking::PersonLog& person_;
  std::size_t width_;
  double seconds_;
  std::size_t step_;
};

/// Minutes and seconds; for short videos seconds, because a clock has no fractions.
plots::Axis time_axis(double end) {
  constexpr double kShort = 20;
  if (end < kShort) return {.label = "seconds", .low = 0, .high = std::max(end, 0.1)};
  return {.label = {}, .unit = plots::Axis::Unit::kClock, .low = 0, .high = end};
}

plots::Panel panel(const tracking::PersonLog& person, const tracking::EmotionLog& log,
                   std::span<const std::string> labels) {
  const auto most = static_cast<std::size_t>(std::ranges::max_element(person.label_seconds) -
                                             person.label_seconds.begin());
  plots::Panel out{.title = base::format("Person %d, %.0f s in sight, mostly %s", person.number,
                                         person.seconds, labels[most].c_str()),
                   .x = time_axis(log.end()),
                   .y = {.label = {}, .unit = plots::Axis::Unit::kPercent, .low = 0, .high = 1}};
  const auto bins = static_cast<std::size_t>(log.end() / log.bin_seconds()) + 1;
  const PersonCurve curve(person, labels.size(), log.bin_seconds(),
                          (bins + kMaxColumns - 1) / kMaxColumns);
  // The highest first: each area covers the lower part of the previous one.
  for (std::size_t c = labels.size(); c-- > 0;) {
    plots::Series series = curve.area(c);
    series.name = labels[c];
    series.color = plots::emotion_color(*emotion_from_string(labels[c]));
    out.series.push_back(std::move(series));
  }
  return out;
}

}  // namespace

void write_timeline(const tracking::EmotionLog& log, std::span<const std::string> labels,
                    const std::string& video, const std::filesystem::path& path) {
  std::vector<tracking::PersonLog> persons = main_persons(log);
  if (persons.size() > kMaxPersons) persons.resize(kMaxPersons);
  std::ranges::sort(persons, {}, &tracking::PersonLog::number);
  plots::Figure figure{.description = "Emotions over time in " + video, .width = 960, .height = 0};
  for (const tracking::PersonLog& person : persons)
    figure.panels.push_back(panel(person, log, labels));
  if (persons.empty()) {
    figure.panels.push_back(
        {.title = video + ": nobody in sight for half a second",
         .x = time_axis(log.end()),
         .y = {.label = {}, .unit = plots::Axis::Unit::kNone, .low = 0, .high = 1}});
  }
  for (plots::Panel& one : figure.panels) one.legend = plots::Legend::kRight;
  figure.height = 225 * static_cast<int>(figure.panels.size());
  if (path.extension() == ".png") {
    base::write_file(path, plots::draw_png(figure));
  } else if (path.extension() == ".svg") {
    base::write_file(path, plots::draw_svg_file(figure));
  } else {
    throw Error(ErrorCode::kInvalidArgument,
                path.string() + ": unknown extension; choose .svg or .png");
  }
}

}  // namespace mien::apps
