#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/model.hpp"

namespace mien::model {

// A network may have several heads: outputs of the graph with labels of their own. A head has its
// output's name.
inline constexpr std::string_view kFer2013Head = "fer2013";  ///< trained on FER2013's labels
inline constexpr std::string_view kFerPlusHead = "ferplus";  ///< trained on the FER+ votes
inline constexpr std::string_view kPhotoHead = "photo";      ///< from both, see photo_head.hpp

/// The names of the graph's outputs, the default head first.
std::vector<std::string> head_names(const Model& model);
/// The network of one head alone: its output becomes the only one, its labels and temperature the
/// model's; nodes that only other heads need are removed. An empty name is the default head. Throws
/// Error kInvalidArgument naming the model's heads.
Model select_head(Model model, std::string_view name);
/// The same network with another head as its default.
Model with_default_head(Model model, std::string_view name);

/// Removes a head that is not the default one. Throws Error kInvalidArgument naming the model's
/// heads.
void remove_head(Model& model, std::string_view name);

/// Adds `biases` [classes] to the logits of a head. Throws Error kInvalidArgument for an unknown
/// head or a wrong number of biases, kUnsupported where the head's last layer is not a Gemm with a
/// constant bias that no other node uses.
void add_biases(Model& model, std::string_view head, std::span<const double> biases);

}  // namespace mien::model
