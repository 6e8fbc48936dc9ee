#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/classifier.hpp"
#include "model/model.hpp"

namespace mien::model {

// A head is an output of the graph with its own labels; its name is the name of the output. These
// two names say which labels a head was trained with.
inline constexpr std::string_view kFer2013Head = "fer2013";  ///< the labels of FER2013
inline constexpr std::string_view kFerPlusHead = "ferplus";  ///< the votes of FER+, with contempt

/// The names of the heads; the default head is first.
std::vector<std::string> head_names(const Model& model);

/// A network with one head, and its metadata.
struct SelectedHead {
  Model model;  ///< without the nodes and weights that only other heads need
  ClassifierInfo info;
};
/// Selects a head; an empty name means the default head. Throws Error kInvalidArgument listing the
/// heads if `name` is unknown, and what read_classifier_info throws.
SelectedHead select_head(Model model, std::string_view name);
/// Reads a model file and selects the head `name`; if it is empty, the head `preferred` if the
/// model has it, otherwise the default head. Throws what read_onnx and select_head throw; messages
/// name the file.
SelectedHead load_head(const std::filesystem::path& path, std::string_view name = {},
                       std::string_view preferred = {});

/// The same network with another default head. Throws Error kInvalidArgument listing the heads if
/// `name` is unknown, kBadFormat if its labels are missing.
Model with_default_head(Model model, std::string_view name);

/// Adds `biases` [classes] to the logits of a head. Throws Error kInvalidArgument for an unknown
/// head or a wrong number of biases, kUnsupported unless a Gemm with its own constant bias computes
/// the head.
void add_biases(Model& model, std::string_view head, std::span<const double> biases);

}  // namespace mien::model
