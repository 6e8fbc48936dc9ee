#pragma once

#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "vision/palette.hpp"

// Figures as SVG, drawn by gnuplot: a program of forty years that Debian has, run as a process. Its
// numbers, ticks and legends are better than what we would write, and nobody who makes no report
// needs it.
namespace mien::plots {

/// A colour of its own, or the ink: the colour of the text around the figure, which follows a light
/// or dark page and print.
struct Colour {
  std::optional<vision::Rgb> rgb = {};  ///< empty: the ink
  double opacity = 1;                   ///< 0 to 1
};

/// The emotion's colour of vision/palette.hpp.
Colour emotion_colour(Emotion emotion, double opacity = 1);
/// The i-th of seven colours of Okabe and Ito (2008) for things that are no emotions: models,
/// training and validation.
Colour series_colour(std::size_t i, double opacity = 1);

enum class Mark {
  kLine,
  kDashes,
  kSteps,  ///< a value holds until the next x
  kArea,   ///< filled down to 0
  kPoints,
  kBars,
};

/// Points (x, y), drawn in their order. A NaN breaks a line. With `low` and `high` [as many as y]
/// an interval is drawn: a band behind lines, whiskers on points and bars.
struct Series {
  std::string name;  ///< in the legend; empty: not there
  Mark mark = Mark::kLine;
  Colour colour;
  double width = 2;  ///< of lines in pixels, of points across in pixels, of bars in units of x
  std::vector<double> x = {}, y = {};
  std::vector<double> low = {}, high = {};
};

/// A filled rectangle in units of the axes, with a text in its middle.
struct Tile {
  double x0, x1, y0, y1;
  Colour colour;
  std::string text = {};
  Colour text_colour = {};
};

/// A text beside a point, in units of the axes.
struct Note {
  double x, y;
  std::string text;
  Colour colour;
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
  double low = kAutomatic, high = kAutomatic;              ///< low > high turns the axis around
  std::vector<std::pair<double, std::string>> ticks = {};  ///< instead of numbers
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

/// Panels of equal size in rows. One with nothing but tiles has no grid.
struct Figure {
  std::string description;        ///< for those who cannot see it
  int width = 720, height = 400;  ///< in pixels, of the whole
  int columns = 1;
  std::vector<Panel> panels = {};
};

/// Throws Error kNotFound where gnuplot is missing: to be asked before long work whose end is a
/// figure.
void require_gnuplot();

/// A whole SVG document that scales; the ink is `currentColor`, text is text. It can stand inside
/// an HTML page or, with a style of its own for light and dark, in a file. Throws Error kNotFound
/// where gnuplot is missing, kInvalidArgument where sizes do not fit or there is no panel, kIo
/// where gnuplot fails. Thread safe.
std::string draw_svg(const Figure& figure);

/// The same as a file of its own: draw_svg with a style for light and dark and an XML head.
std::string draw_svg_file(const Figure& figure);

/// A PNG of twice the figure's size, for sharp screens, on white. Throws as draw_svg does.
std::string draw_png(const Figure& figure);

}  // namespace mien::plots
