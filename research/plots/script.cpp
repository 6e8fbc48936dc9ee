#include "plots/script.hpp"

#include <algorithm>
#include <cmath>

#include "base/file.hpp"
#include "mien/error.hpp"

namespace mien::plots {
namespace {

/// Quotes a text for gnuplot. Replaces characters with a special meaning: quotes, backslashes, and
/// back quotes, which run programs.
std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '`')
      out += '\'';
    else if (c == '\\')
      out += '/';
    else if (byte < 0x20 || byte == 0x7F)
      out += ' ';
    else
      out += c;
  }
  return out + '"';
}

/// A tick label; gnuplot interprets it as a format.
std::string tick_text(const std::string& text) {
  std::string out = quoted(text);
  for (std::size_t at = 0; (at = out.find('%', at)) != std::string::npos; at += 2)
    out.insert(at, 1, '%');
  return out;
}

/// gnuplot's 0xAARRGGBB, where AA is the transparency.
unsigned color_number(const Color& color) {
  const vision::Rgb rgb = color.rgb.value_or(kTextColor);
  const auto clear =
      static_cast<unsigned>(std::lround(255 * (1 - std::min(1.0, std::max(0.0, color.opacity)))));
  return clear << 24 | static_cast<unsigned>(rgb.red) << 16 |
         static_cast<unsigned>(rgb.green) << 8 | rgb.blue;
}

std::string color_text(const Color& color) {
  return base::format("rgb \"#%08x\"", color_number(color));
}

/// Light colors: their lines get an outline.
bool is_light(const Color& color) {
  return color.rgb &&
         0.2126 * color.rgb->red + 0.7152 * color.rgb->green + 0.0722 * color.rgb->blue > 200;
}

Color faded(const Color& color, double factor) { return {color.rgb, color.opacity * factor}; }

std::string number(double value) {
  return std::isfinite(value) ? base::format("%.7g", value) : "NaN";
}

double scale_of(const Axis& axis) { return axis.unit == Axis::Unit::kPercent ? 100 : 1; }

/// Writes one panel: data blocks and the plot command.
class PanelWriter {
 public:
  PanelWriter(const Panel& panel, std::size_t index)
      : panel_(panel), index_(index), sx_(scale_of(panel.x)), sy_(scale_of(panel.y)) {}

  std::string write() {
    write_axis("x", panel_.x);
    write_axis("y", panel_.y);
    write_legend();
    script_ += panel_.series.empty() ? "unset grid\n"
                                     : "set grid xtics ytics linetype 1 linewidth 0.7 linecolor " +
                                           color_text({{}, 0.14}) + "\n";
    script_ += panel_.title.empty() ? "unset title\n"
                                    : "set title " + quoted(panel_.title) + " offset 0,-0.4\n";
    write_tiles();
    for (const Series& series : panel_.series) write_band(series);
    for (const Series& series : panel_.series) write_series(series);
    for (const Series& series : panel_.series) write_whiskers(series);
    write_notes();
    if (plots_.empty()) plots_ = "NaN notitle";
    return script_ + "plot " + plots_ + "\n";
  }

 private:
  static bool has_points(const Series& s) {
    return std::any_of(s.y.begin(), s.y.end(), [](double y) { return std::isfinite(y); });
  }
  bool is_empty() const {
    return panel_.tiles.empty() && panel_.notes.empty() &&
           std::none_of(panel_.series.begin(), panel_.series.end(), has_points);
  }

  void write_axis(const std::string& name, const Axis& axis) {
    const double scale = scale_of(axis);
    const auto limit = [&](double value, const char* automatic) {
      return std::isnan(value) ? std::string(automatic) : number(value * scale);
    };
    const bool empty = is_empty();  // gnuplot cannot autoscale without data
    script_ += "set " + name + "range [" + limit(axis.low, empty ? "0" : "*") + ":" +
               limit(axis.high, empty ? "1" : "*") + "]\n";
    script_ += "set " + name + "label " + quoted(axis.label) + "\n";
    if (axis.unit == Axis::Unit::kNone) {
      script_ += "unset " + name + "tics\n";
      return;
    }
    const std::string plain =
        "set " + name + "tics nomirror scale 0 textcolor " + color_text({{}, 0.75});
    if (!axis.ticks.empty()) {
      std::string list;
      for (const auto& [at, text] : axis.ticks)
        list += (list.empty() ? "" : ", ") + tick_text(text) + " " + number(at * scale);
      script_ += plain + " (" + list + ")\n";
    } else if (axis.unit == Axis::Unit::kClock) {
      script_ += plain + " autofreq\nset " + name + "tics time format \"%tM:%tS\"\n";
    } else {
      script_ += plain + " autofreq\nset " + name + "tics numeric format \"" +
                 (axis.unit == Axis::Unit::kPercent ? "%.0f %%" : "%g") + "\"\n";
    }
  }

  void write_legend() {
    const std::string look =
        " samplen 1.2 spacing 1.15 width 1 Left reverse textcolor " + color_text({{}, 0.9}) + "\n";
    switch (panel_.legend) {
      case Legend::kNone:
        script_ += "unset key\n";
        break;
      case Legend::kBelow:
        script_ += "set key outside center bottom horizontal" + look;
        break;
      case Legend::kTop:
        script_ += "set key outside center top horizontal" + look;
        break;
      case Legend::kRight:
        script_ += "set key outside right center vertical" + look;
        break;
    }
  }

  /// Starts a data block and returns its name.
  std::string block(const std::string& lines) {
    const std::string name = base::format("$p%zu_%d", index_, blocks_++);
    script_ += name + " << END_OF_DATA\n" + lines + "END_OF_DATA\n";
    return name;
  }

  void plot(const std::string& what) { plots_ += (plots_.empty() ? "" : ", ") + what; }

  void write_tiles() {
    std::string boxes, texts;
    for (const Tile& tile : panel_.tiles) {
      const double x = (tile.x0 + tile.x1) / 2 * sx_, y = (tile.y0 + tile.y1) / 2 * sy_;
      boxes += number(x) + " " + number(y) + " " + number(tile.x0 * sx_) + " " +
               number(tile.x1 * sx_) + " " + number(tile.y0 * sy_) + " " + number(tile.y1 * sy_) +
               base::format(" %u\n", color_number(tile.color));
      if (!tile.text.empty())
        texts += number(x) + " " + number(y) + " " + quoted(tile.text) +
                 base::format(" %u\n", color_number(tile.text_color));
    }
    if (!boxes.empty())
      plot(block(boxes) +
           " using 1:2:3:4:5:6:7 with boxxyerror fillstyle solid noborder linecolor rgb variable "
           "notitle");
    if (!texts.empty())
      plot(block(texts) + " using 1:2:3:4 with labels textcolor rgb variable notitle");
  }

  /// Lines "x y low high".
  std::string points(const Series& s) const {
    if (s.x.size() != s.y.size() || s.low.size() != s.high.size() ||
        (!s.low.empty() && s.low.size() != s.y.size())) {
      throw Error(
          ErrorCode::kInvalidArgument,
          "series '" + s.name + "': x, y, low and high must have the same number of values");
    }
    std::string out;
    for (std::size_t i = 0; i < s.x.size(); ++i) {
      out += number(s.x[i] * sx_) + " " + number(s.y[i] * sy_);
      if (!s.low.empty()) out += " " + number(s.low[i] * sy_) + " " + number(s.high[i] * sy_);
      out += "\n";
    }
    return out;
  }

  static bool is_line(const Series& s) {
    return s.mark == Mark::kLine || s.mark == Mark::kDashes || s.mark == Mark::kSteps;
  }

  void write_band(const Series& s) {
    if (!is_line(s) || s.low.empty() || !has_points(s)) return;
    plot(block(points(s)) + " using 1:3:4 with filledcurves fillstyle solid noborder linecolor " +
         color_text(faded(s.color, 0.18)) + " notitle");
  }

  void write_series(const Series& s) {
    if (!has_points(s)) return;
    const std::string title = s.name.empty() ? "notitle" : "title " + quoted(s.name);
    const std::string color = color_text(s.color), data = block(points(s));
    const auto line = [&](const char* style, const char* dashes) {
      if (is_light(s.color))
        plot(data + " using 1:2 with " + style + base::format(" linewidth %g ", s.width + 1.6) +
             dashes + " linecolor " + color_text({{}, 0.45}) + " notitle");
      plot(data + " using 1:2 with " + style + base::format(" linewidth %g ", s.width) + dashes +
           " linecolor " + color + " " + title);
    };
    switch (s.mark) {
      case Mark::kLine:
        line("lines", "");
        break;
      case Mark::kDashes:
        line("lines", "dashtype '-'");
        break;
      case Mark::kSteps:
        line("steps", "");
        break;
      case Mark::kArea:
        plot(data + " using 1:2 with filledcurves y=0 fillstyle solid noborder linecolor " + color +
             " " + title);
        break;
      case Mark::kPoints:
        plot(data + base::format(" using 1:2 with points pointtype 7 pointsize %g", s.width / 9) +
             " linecolor " + color + " " + title);
        break;
      case Mark::kBars:
        plot(data + base::format(" using 1:2:(%g) with boxes fillstyle solid noborder", s.width) +
             " linecolor " + color + " " + title);
        break;
    }
  }

  void write_whiskers(const Series& s) {
    if (is_line(s) || s.mark == Mark::kArea || s.low.empty() || !has_points(s)) return;
    const Color color = s.mark == Mark::kBars ? Color{{}, 0.65} : s.color;
    plot(block(points(s)) + " using 1:3:(0):($4-$3) with vectors nohead linewidth 1.4 linecolor " +
         color_text(color) + " notitle");
  }

  void write_notes() {
    std::string lines;
    for (const Note& note : panel_.notes) {
      lines += number(note.x * sx_) + " " + number(note.y * sy_) + " " + quoted(note.text) +
               base::format(" %u\n", color_number(note.color));
    }
    if (!lines.empty())
      plot(block(lines) +
           " using 1:2:3:4 with labels left offset 0.6,0 textcolor rgb variable notitle");
  }

  const Panel& panel_;
  std::size_t index_;
  double sx_, sy_;
  int blocks_ = 0;
  std::string script_, plots_;
};

}  // namespace

std::string gnuplot_script(const Figure& figure, Terminal terminal) {
  if (figure.panels.empty())
    throw Error(ErrorCode::kInvalidArgument, "a figure needs at least one panel");
  if (figure.width < 16 || figure.height < 16 || figure.width > 20000 || figure.height > 20000 ||
      figure.columns < 1) {
    throw Error(ErrorCode::kInvalidArgument,
                base::format(
                    "invalid figure: %d x %d pixels (must be 16 to 20000), %d columns (at least 1)",
                    figure.width, figure.height, figure.columns));
  }
  const int panels = static_cast<int>(figure.panels.size()),
            rows = (panels + figure.columns - 1) / figure.columns;
  std::string out = "set encoding utf8\n";
  if (terminal == Terminal::kSvg) {
    out += base::format("set terminal svg size %d,%d dynamic noenhanced font 'sans-serif,12'\n",
                        figure.width, figure.height);
  } else {
    out += base::format(
        "set terminal pngcairo size %d,%d noenhanced font 'sans-serif,9' fontscale 2 linewidth 2\n",
        2 * figure.width, 2 * figure.height);
  }
  out += "set border 0\nset linetype 1 linecolor " + color_text({}) + "\n";
  out += "set title textcolor " + color_text({}) + "\nset xlabel textcolor " +
         color_text({{}, 0.75}) + "\nset ylabel textcolor " + color_text({{}, 0.75}) + "\n";
  if (panels > 1) out += base::format("set multiplot layout %d,%d\n", rows, figure.columns);
  for (std::size_t i = 0; i < figure.panels.size(); ++i)
    out += PanelWriter(figure.panels[i], i).write();
  if (panels > 1) out += "unset multiplot\n";
  return out;
}

}  // namespace mien::plots
