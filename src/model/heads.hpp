#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/classifier.hpp"
#include "model/model.hpp"

namespace mien::model {

// A network may have several heads: outputs of the graph with labels of their own. A head has its
// output's name.
inline constexpr std::string_view kFer2013Head = "fer2013";  ///< trained on FER2013's labels
inline constexpr std::string_view kFerPlusHead = "ferplus";  ///< trained on the FER+ votes
inline constexpr std::string_view kPhotoHead = "photo";      ///< from both, see photo_head.hpp

/// The names of the heads; the default head is first.
std::vector<std::string> head_names(const Model& model);

/// A network with one head, and its metadata.
struct SelectedHead {
  Model model;  ///< without the nodes and weights that only other heads need
  ClassifierInfo info;
};
/// Selects the head `name`; if it is empty, the head `preferred` if the model has it, otherwise the
/// default head. Throws Error kInvalidArgument listing the heads if `name` is unknown, and what
/// read_classifier_info throws.
SelectedHead select_head(Model model, std::string_view name, std::string_view preferred = {});
/// The same for a model file. Throws what read_onnx and select_head throw; messages name the file.
SelectedHead load_head(const std::filesystem::path& path, std::string_view name = {},
                       std::string_view preferred = {});

/// The same network with another default head. Throws Error kInvalidArgument listing the heads if
/// `name` is unknown, kBadFormat if its labels are missing.
Model with_default_head(Model model, std::string_view name);

/// Removes a head that is not the default one. Throws Error kInvalidArgument naming the model's
/// heads.
void remove_head(Model& model, std::string_view name);

/// Adds `biases` [classes] to the logits of a head. Throws Error kInvalidArgument for an unknown
/// head or a wrong number of biases, kUnsupported unless a Gemm with its own constant bias computes
/// the head.
void add_biases(Model& model, std::string_view head, std::span<const double> biases);

}  // namespace mien::model
