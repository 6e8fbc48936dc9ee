#include "plots/figure.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "base/process.hpp"
#include "error_code.hpp"
#include "plots/panels.hpp"
#include "plots/script.hpp"
#include "support.hpp"

namespace mien::plots {
namespace {

#define MIEN_SKIP_WITHOUT_GNUPLOT() \
  if (!std::filesystem::exists("/usr/bin/gnuplot")) GTEST_SKIP() << "gnuplot is not installed"

Figure one_line() {
  Series line{
      .name = "rising", .color = emotion_color(Emotion::kHappy), .x = {0, 1, 2}, .y = {0, 0.5, 1}};
  return {.description = "a \"line\" & more",
          .panels = {{.title = "title",
                      .y = {.label = "share", .unit = Axis::Unit::kPercent},
                      .series = {line},
                      .legend = Legend::kBelow}}};
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size())
    ++found;
  return found;
}

TEST(Figure, IsAnSvgWhoseTextsAndColorsAreThere) {
  MIEN_SKIP_WITHOUT_GNUPLOT();
  const std::string svg = draw_svg(one_line());
  EXPECT_EQ(svg.find("<svg role=\"img\" aria-label=\"a &quot;line&quot; &amp; more\" width=\"720\" "
                     "height=\"400\""),
            0U)
      << svg.substr(0, 200);
  for (const char* part :
       {">title<", ">share<", ">rising<", "100 %<", "240, 228,  66", "currentColor", "</svg>"}) {
    EXPECT_NE(svg.find(part), std::string::npos) << part;
  }
  for (const char* part :
       {"rgb(  1,   2,   3)", "rgb(1,2,3)", "gnuplot", "<?xml", "color=\"black\""})
    EXPECT_EQ(svg.find(part), std::string::npos) << part;
  EXPECT_EQ(draw_svg_file(one_line()).find("<?xml"), 0U);
}

TEST(Figure, DrawsEveryMarkOfSeveralPanels) {
  MIEN_SKIP_WITHOUT_GNUPLOT();
  Figure figure = one_line();
  figure.columns = 2;
  for (const Mark mark :
       {Mark::kDashes, Mark::kSteps, Mark::kArea, Mark::kPoints, Mark::kBars, Mark::kLine}) {
    Series series = figure.panels[0].series[0];
    series.mark = mark;
    series.y[1] = kAutomatic;  // a gap
    series.low = series.high = series.y;
    Panel panel{.title = "again", .x = {.unit = Axis::Unit::kClock}, .series = {series}};
    panel.tiles.push_back({0, 1, 0, 1, {{}, 0.2}, "tile"});
    panel.notes.push_back({1, 0.5, "note", {}});
    figure.panels.push_back(panel);
  }
  const std::string svg = draw_svg(figure);
  EXPECT_EQ(count(svg, ">again<"), 6U);
  EXPECT_EQ(count(svg, ">tile<"), 6U);
  EXPECT_EQ(count(svg, ">note<"), 6U);
}

TEST(Figure, NoTextRunsAProgramOrEndsItsQuotes) {
  MIEN_SKIP_WITHOUT_GNUPLOT();
  const std::filesystem::path trace = std::filesystem::temp_directory_path() / "mien-plot-was-here";
  std::filesystem::remove(trace);
  const std::string attack = "`touch " + trace.string() + "`\"; system('touch " + trace.string() +
                             "')\n!touch " + trace.string() + "\nEND_OF_DATA\n\\";
  Figure figure = one_line();
  Panel& panel = figure.panels[0];
  panel.title = panel.x.label = panel.series[0].name = attack;
  panel.x.ticks = {{0, attack}};
  panel.tiles.push_back({0, 1, 0, 1, {}, attack});
  panel.notes.push_back({0, 0, attack, {}});
  EXPECT_NE(draw_svg(figure).find("touch"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(trace));
}

TEST(Figure, TicksMayHaveAnyText) {
  MIEN_SKIP_WITHOUT_GNUPLOT();
  Figure figure = one_line();
  figure.panels[0].x.ticks = {{0, "20 %"}, {1, "%s %n"}};
  const std::string svg = draw_svg(figure);
  EXPECT_NE(svg.find(">20 %<"), std::string::npos);
  EXPECT_NE(svg.find(">%s %n<"), std::string::npos);
}

TEST(Figure, NothingToDrawIsAnEmptyPanel) {
  MIEN_SKIP_WITHOUT_GNUPLOT();
  const std::string svg = draw_svg(
      {.panels = {{.title = "empty"},
                  {.title = "gaps", .series = {{.name = "none", .x = {1}, .y = {kAutomatic}}}}}});
  EXPECT_NE(svg.find(">empty<"), std::string::npos);
  EXPECT_NE(svg.find(">gaps<"), std::string::npos);
}

TEST(Figure, MistakesAreErrors) {
  Figure figure = one_line();
  figure.panels[0].series[0].y.pop_back();
  EXPECT_EQ(test::code_of([&] { draw_svg(figure); }), ErrorCode::kInvalidArgument);
  EXPECT_EQ(test::code_of([] { draw_svg({}); }), ErrorCode::kInvalidArgument);
}

TEST(Figure, WithoutGnuplotTheErrorSaysHowToGetIt) {
  const test::ScopedVariable path("PATH", "/nowhere");
  try {
    draw_svg(one_line());
    ADD_FAILURE() << "gnuplot was found in /nowhere";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kNotFound);
    EXPECT_NE(std::string(error.what()).find("apt-get install gnuplot-nox"), std::string::npos)
        << error.what();
  }
}

TEST(HeatMap, TellsShareAndCount) {
  metrics::ConfusionMatrix confusion(2);
  for (int i = 0; i < 3; ++i) confusion.add(0, 0);
  confusion.add(0, 1);
  const std::vector<std::string> labels = {"no", "yes"};
  const Panel panel = heat_map("", confusion, labels);
  ASSERT_EQ(panel.tiles.size(), 4U);
  EXPECT_EQ(panel.tiles[0].text, "75 % · 3");
  EXPECT_EQ(panel.tiles[1].text, "25 % · 1");
  EXPECT_EQ(panel.tiles[2].text, "");  // the class "yes" does not occur
  EXPECT_GT(panel.tiles[0].color.opacity, panel.tiles[1].color.opacity);
}

TEST(GroupedBars, StandSideBySideWithinTheirCategory) {
  const std::vector<std::string> categories = {"a", "b"};
  const std::vector<BarGroup> groups = {{"x", {}, {{0.1, 0, 0.2}, {0.2, 0.1, 0.3}}},
                                        {"y", {}, {{0.3, 0, 1}, {0.4, 0, 1}}}};
  const Panel panel = grouped_bars("", categories, groups);
  ASSERT_EQ(panel.series.size(), 2U);
  EXPECT_DOUBLE_EQ(panel.series[0].x[0] + panel.series[1].x[0], 0);  // around 0
  EXPECT_GT(panel.series[1].x[0], panel.series[0].x[0]);
  EXPECT_DOUBLE_EQ(panel.series[0].x[1], panel.series[0].x[0] + 1);
  EXPECT_EQ(panel.series[1].high[1], 1);
}

}  // namespace
}  // namespace mien::plots
