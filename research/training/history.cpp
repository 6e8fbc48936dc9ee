#include "training/history.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

#include "base/file.hpp"
#include "mien/error.hpp"

namespace mien::training {
namespace {

constexpr std::string_view kHeader =
    "epoch,learning_rate,train_loss,train_accuracy,train_macro_f1,valid_loss,valid_accuracy,valid_"
    "macro_f1,"
    "valid_ferplus_accuracy,seconds,images_per_second";

/// Of checkpoints from before the FER+ head.
constexpr std::string_view kHeaderOfOneHead =
    "epoch,learning_rate,train_loss,train_accuracy,train_macro_f1,valid_loss,valid_accuracy,valid_"
    "macro_f1,seconds,images_per_second";

struct Curve {
  const char* label;
  const char* color;
  const char* dash;
  double EpochRecord::* field;
};

struct Plot {
  const char* title;
  double left;
  std::vector<Curve> curves;
};

/// 1, 2 or 5 times a power of ten: about five steps over `range`.
double tick_step(double range) {
  const double raw = range / 5, power = std::pow(10, std::floor(std::log10(raw)));
  const double mantissa = raw / power;
  return power * (mantissa < 1.5 ? 1 : mantissa < 3.5 ? 2 : mantissa < 7.5 ? 5 : 10);
}

std::string draw_plot(const Plot& plot, const History& history) {
  constexpr double kWidth = 380, kHeight = 260, kTop = 64;
  double low = 1e300, high = -1e300;
  for (const EpochRecord& record : history) {
    for (const Curve& curve : plot.curves) {
      low = std::min(low, record.*curve.field);
      high = std::max(high, record.*curve.field);
    }
  }
  if (!(high > low)) high = low + 1;
  const double margin = (high - low) * 0.05;
  low -= margin, high += margin;
  const double last = std::max<double>(2, history.back().epoch);
  const auto x = [&](double epoch) { return plot.left + (epoch - 1) / (last - 1) * kWidth; };
  const auto y = [&](double value) { return kTop + (high - value) / (high - low) * kHeight; };

  std::string svg =
      base::format("<text x=\"%.0f\" y=\"%.0f\" font-size=\"14\" font-weight=\"600\">%s</text>\n",
                   plot.left, kTop - 14, plot.title);
  const double step = tick_step(high - low);
  for (double tick = std::ceil(low / step) * step; tick <= high; tick += step) {
    svg += base::format(
        "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#ddd\"/>"
        "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">%g</text>\n",
        plot.left, plot.left + kWidth, y(tick), y(tick), plot.left - 6, y(tick) + 4,
        std::round(tick * 1e6) / 1e6);
  }
  const double epoch_step = std::max(1.0, tick_step(last));
  for (double tick = 0; tick <= last; tick += epoch_step) {
    if (tick >= 1) {
      svg += base::format("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%g</text>\n", x(tick),
                          kTop + kHeight + 18, tick);
    }
  }
  svg += base::format("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">epoch</text>\n",
                      plot.left + kWidth / 2, kTop + kHeight + 36);
  double legend = kTop + kHeight + 58;
  for (const Curve& curve : plot.curves) {
    std::string points;
    for (const EpochRecord& record : history)
      points += base::format("%.1f,%.1f ", x(record.epoch), y(record.*curve.field));
    svg += base::format(
        "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"2\" stroke-dasharray=\"%s\" "
        "points=\"%s\"/>\n",
        curve.color, curve.dash, points.c_str());
    svg += base::format(
        "<line x1=\"%.0f\" x2=\"%.0f\" y1=\"%.0f\" y2=\"%.0f\" stroke=\"%s\" stroke-width=\"2\" "
        "stroke-dasharray=\"%s\"/>"
        "<text x=\"%.0f\" y=\"%.0f\">%s, last %.4g</text>\n",
        plot.left, plot.left + 28, legend - 4, legend - 4, curve.color, curve.dash, plot.left + 36,
        legend, curve.label, history.back().*curve.field);
    legend += 18;
  }
  return svg;
}

}  // namespace

std::string history_to_csv(const History& history) {
  std::string csv = std::string(kHeader) + "\n";
  for (const EpochRecord& r : history) {
    csv += base::format("%d,%.6g,%.5f,%.5f,%.5f,%.5f,%.5f,%.5f,%.5f,%.2f,%.1f\n", r.epoch,
                        r.learning_rate, r.train_loss, r.train_accuracy, r.train_macro_f1,
                        r.valid_loss, r.valid_accuracy, r.valid_macro_f1, r.valid_ferplus_accuracy,
                        r.seconds, r.images_per_second);
  }
  return csv;
}

History history_from_csv(std::string_view csv) {
  History history;
  bool one_head = false;
  for (int line_number = 1; !csv.empty(); ++line_number) {
    const auto end = csv.find('\n');
    const std::string line(csv.substr(0, end));
    csv = end == std::string_view::npos ? std::string_view() : csv.substr(end + 1);
    if (line_number == 1 && (line == kHeader || line == kHeaderOfOneHead)) {
      one_head = line == kHeaderOfOneHead;
      continue;
    }
    EpochRecord r;
    const int fields = std::sscanf(
        line.c_str(), "%d,%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf", &r.epoch, &r.learning_rate,
        &r.train_loss, &r.train_accuracy, &r.train_macro_f1, &r.valid_loss, &r.valid_accuracy,
        &r.valid_macro_f1, &r.valid_ferplus_accuracy, &r.seconds, &r.images_per_second);
    if (one_head) {
      r.images_per_second = std::exchange(r.seconds, std::exchange(r.valid_ferplus_accuracy, 0));
    }
    if (fields != (one_head ? 10 : 11))
      throw Error(ErrorCode::kBadFormat,
                  base::format("training history: line %d is not a record", line_number));
    history.push_back(r);
  }
  return history;
}

std::string curves_svg(const History& history, std::string_view title) {
  std::string svg =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 920 450\" "
      "font-family=\"sans-serif\" font-size=\"12\" "
      "fill=\"#222\">\n<rect width=\"920\" height=\"450\" fill=\"#fff\"/>\n";
  svg += "<text x=\"60\" y=\"28\" font-size=\"17\" font-weight=\"600\">" + std::string(title) +
         "</text>\n";
  if (!history.empty()) {
    svg += draw_plot({"Loss",
                      60,
                      {{"training", "#0072B2", "", &EpochRecord::train_loss},
                       {"PublicTest", "#D55E00", "", &EpochRecord::valid_loss}}},
                     history);
    svg += draw_plot({"Accuracy and macro F1",
                      510,
                      {{"accuracy, training", "#0072B2", "", &EpochRecord::train_accuracy},
                       {"accuracy, PublicTest", "#D55E00", "", &EpochRecord::valid_accuracy},
                       {"macro F1, training", "#0072B2", "4 3", &EpochRecord::train_macro_f1},
                       {"macro F1, PublicTest", "#D55E00", "4 3", &EpochRecord::valid_macro_f1}}},
                     history);
  }
  return svg + "</svg>\n";
}

}  // namespace mien::training
