#pragma once

#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "vision/palette.hpp"

// Figures as SVG or PNG, drawn by gnuplot in a separate process. Only reports need gnuplot.
namespace mien::plots {

/// A fixed color, or the text color of the surrounding page (light or dark).
struct Color {
  std::optional<vision::Rgb> rgb = {};  ///< empty: text color
  double opacity = 1;                   ///< 0 to 1
};

/// The color of vision/palette.hpp.
Color emotion_color(Emotion emotion, double opacity = 1);
/// The i-th of seven colors of Okabe and Ito (2008), for series other than emotions, such as
/// models.
Color series_color(std::size_t i, double opacity = 1);

enum class Mark {
  kLine,
  kDashes,
  kSteps,  ///< a value holds until the next x
  kArea,   ///< filled down to 0
  kPoints,
  kBars,
};

/// Points (x, y), drawn in order; NaN interrupts a line. `low` and `high` (empty, or as long as y)
/// are an interval: a band behind lines, whiskers on points and bars.
struct Series {
  std::string name;  ///< in the legend; empty: none
  Mark mark = Mark::kLine;
  Color color;
  double width = 2;  ///< line width or point diameter in pixels, bar width in units of x
  std::vector<double> x = {}, y = {};
  std::vector<double> low = {}, high = {};
};

/// A filled rectangle in units of the axes, with centered text.
struct Tile {
  double x0, x1, y0, y1;
  Color color;
  std::string text = {};
  Color text_color = {};
};

/// Text to the right of a point, in units of the axes.
struct Note {
  double x, y;
  std::string text;
  Color color;
};

inline constexpr double kAutomatic = std::numeric_limits<double>::quiet_NaN();

struct Axis {
  enum class Unit {
    kNumber,
    kPercent,  ///< 0..1 shown as 0 to 100 %
    kClock,    ///< seconds shown as minutes:seconds
    kNone,     ///< no ticks
  };
  std::string label;
  Unit unit = Unit::kNumber;
  double low = kAutomatic, high = kAutomatic;              ///< low > high reverses the axis
  std::vector<std::pair<double, std::string>> ticks = {};  ///< labels instead of numbers
};

enum class Legend { kNone, kBelow, kRight, kTop };

struct Panel {
  std::string title;
  Axis x, y;
  std::vector<Series> series = {};
  std::vector<Tile> tiles = {};  ///< behind the series
  std::vector<Note> notes = {};
  Legend legend = Legend::kNone;
};

/// Panels of equal size, row by row. A panel with only tiles has no grid.
struct Figure {
  std::string description;        ///< alternative text
  int width = 720, height = 400;  ///< of the figure in pixels
  int columns = 1;
  std::vector<Panel> panels = {};
};

/// Throws Error kNotFound if gnuplot is missing. Call it before long work that ends with a figure.
void require_gnuplot();

/// A scalable <svg> element for an HTML page; the text color is `currentColor`. Throws Error
/// kNotFound if gnuplot is missing, kInvalidArgument if sizes do not match or there is no panel,
/// kIo if gnuplot fails. Thread safe.
std::string draw_svg(const Figure& figure);

/// A standalone SVG file: draw_svg with an XML header and a style for light and dark.
std::string draw_svg_file(const Figure& figure);

/// Writes draw_svg_file. Returns false without writing if gnuplot is not installed, for figures
/// that are optional. Throws as draw_svg does otherwise.
bool write_svg_file(const std::filesystem::path& path, const Figure& figure);

/// A PNG at twice the figure's size, on white. Throws as draw_svg does.
std::string draw_png(const Figure& figure);

}  // namespace mien::plots
