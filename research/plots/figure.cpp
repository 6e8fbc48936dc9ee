#include "plots/figure.hpp"

#include <array>
#include <string_view>

#include "base/file.hpp"
#include "base/process.hpp"
#include "mien/error.hpp"
#include "plots/script.hpp"

namespace mien::plots {
namespace {

/// A figure takes about 0.1 s; gnuplot hangs if it takes this long.
constexpr base::ProcessLimits kLimits{.output = std::size_t{64} << 20,
                                      .time = std::chrono::seconds(120)};

constexpr const char* kFileStyle =
    "<style>svg{color:#1b1f24;background:#fff}@media(prefers-color-scheme:dark){svg{color:#e6e6e6;"
    "background:#15181c}}</style>";

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

/// Removes each range from `from` to the next `to`, inclusive.
void cut_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos;) {
    const std::size_t end = text.find(to, at + from.size());
    if (end == std::string::npos) return;
    text.erase(at, end + to.size() - at);
  }
}

std::string escape_xml(std::string text) {
  replace_all(text, "&", "&amp;");
  replace_all(text, "<", "&lt;");
  replace_all(text, "\"", "&quot;");
  return text;
}

/// gnuplot's output, which must contain `mark`.
std::string run_gnuplot(const std::string& script, std::string_view mark) {
  base::ProcessEnd end;
  try {
    end = base::run_process({"gnuplot", "-d", "-"}, script, kLimits);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kNotFound) throw;
    throw Error(ErrorCode::kNotFound,
                "gnuplot is not installed; install it to draw figures (Debian: apt-get install "
                "gnuplot-nox)");
  }
  if (end.timed_out) throw Error(ErrorCode::kIo, "gnuplot timed out after two minutes");
  if (end.exit_code != 0 || end.output.find(mark) == std::string::npos) {
    throw Error(ErrorCode::kIo,
                base::format("gnuplot failed with exit code %d: ", end.exit_code) + end.error);
  }
  return std::move(end.output);
}

}  // namespace

Color emotion_color(Emotion emotion, double opacity) {
  return {vision::color_of(emotion), opacity};
}

Color series_color(std::size_t i, double opacity) {
  constexpr std::array kOrder = {Emotion::kSad,     Emotion::kAngry,    Emotion::kDisgust,
                                 Emotion::kFear,    Emotion::kSurprise, Emotion::kNeutral,
                                 Emotion::kContempt};
  return {vision::color_of(kOrder[i % kOrder.size()]), opacity};
}

void require_gnuplot() { run_gnuplot("", ""); }

std::string draw_svg(const Figure& figure) {
  std::string svg = run_gnuplot(gnuplot_script(figure), "</svg>");
  svg.erase(0, svg.find("<svg"));
  // Removes element IDs, which must be unique on a page, and tooltips.
  cut_all(svg, "<title>", "</title>");
  cut_all(svg, "<desc>", "</desc>");
  cut_all(svg, "<filter", "</filter>");
  cut_all(svg, " id=\"gnuplot_", "\"");
  if (svg.find("href='#gpPt6'") == std::string::npos) cut_all(svg, "<defs>", "</defs>");
  replace_all(svg, "rgb(  1,   2,   3)", "currentColor");
  replace_all(svg, "rgb(1,2,3)", "currentColor");
  replace_all(svg, " color=\"black\"", "");
  svg.replace(0, 4,
              base::format("<svg role=\"img\" aria-label=\"%s\" width=\"%d\" height=\"%d\"",
                           escape_xml(figure.description).c_str(), figure.width, figure.height));
  return svg;
}

std::string draw_svg_file(const Figure& figure) {
  std::string svg = draw_svg(figure);
  svg.insert(svg.find('>') + 1, kFileStyle);
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + svg;
}

bool write_svg_file(const std::filesystem::path& path, const Figure& figure) {
  std::string svg;
  try {
    svg = draw_svg_file(figure);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kNotFound) return false;
    throw;
  }
  base::write_file(path, svg);
  return true;
}

std::string draw_png(const Figure& figure) {
  return run_gnuplot(gnuplot_script(figure, Terminal::kPng), "IEND");
}

}  // namespace mien::plots
