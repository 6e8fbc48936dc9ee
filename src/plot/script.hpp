#pragma once

#include <string>

#include "plot/figure.hpp"

namespace mien::plot {

/// The colour that stands for the ink in gnuplot's output.
inline constexpr Rgb kInk = {1, 2, 3};

enum class Terminal { kSvg, kPng };

/// What gnuplot reads to draw the figure. Texts cannot get out of their quotes.
std::string gnuplot_script(const Figure& figure, Terminal terminal = Terminal::kSvg);

}  // namespace mien::plot
