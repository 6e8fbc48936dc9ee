#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/model.hpp"

namespace mien::model {

// A network may answer in several ways, each an output of the graph with labels of its own: a head.
// Its name is the output's; these two say what the head was taught.
inline constexpr std::string_view kFer2013Head = "fer2013";  ///< FER2013's labels
inline constexpr std::string_view kFerPlusHead =
    "ferplus";  ///< the votes of FER+, contempt among them

/// The names of the graph's outputs, the one that answers by default first.
std::vector<std::string> head_names(const Model& model);
/// The network of one head alone: its output becomes the only one, its labels and temperature the
/// model's; nodes that only other heads need are left out. An empty name is the default head.
/// Throws Error kInvalidArgument naming the heads there are.
Model select_head(Model model, std::string_view name);
/// The same network with another head as its default.
Model with_default_head(Model model, std::string_view name);

/// Adds `biases` [classes] to what a head gives. Throws Error kInvalidArgument naming the heads
/// there are or a wrong number of biases, kUnsupported where the head is not made by a Gemm with a
/// constant bias of its own.
void add_biases(Model& model, std::string_view head, std::span<const double> biases);

}  // namespace mien::model
