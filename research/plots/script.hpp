#pragma once

#include <string>

#include "plots/figure.hpp"

namespace mien::plots {

/// Placeholder for the text color in gnuplot's output.
inline constexpr vision::Rgb kTextColor = {1, 2, 3};

enum class Terminal { kSvg, kPng };

/// The gnuplot script of a figure. Texts are quoted safely.
std::string gnuplot_script(const Figure& figure, Terminal terminal = Terminal::kSvg);

}  // namespace mien::plots
