#pragma once

#include <string>

#include "plots/figure.hpp"

namespace mien::plots {

/// The colour that stands for the ink in gnuplot's output.
inline constexpr vision::Rgb kInk = {1, 2, 3};

enum class Terminal { kSvg, kPng };

/// What gnuplot reads to draw the figure. Texts cannot get out of their quotes.
std::string gnuplot_script(const Figure& figure, Terminal terminal = Terminal::kSvg);

}  // namespace mien::plots
