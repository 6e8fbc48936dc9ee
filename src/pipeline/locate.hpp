#pragma once

#include <filesystem>

namespace mien {

inline constexpr const char* kDefaultModel = "reference";

/// The file of a model: a path that exists as it is, or the name of a shipped one ("reference", "reference.onnx"), looked
/// for in $MIEN_MODELS, beside the program (../share/mien/models, or models/ of a source tree two folders up) and
/// where the library was installed. Empty: kDefaultModel. Throws Error kNotFound saying where it looked.
std::filesystem::path locate_model(const std::filesystem::path& name);

}  // namespace mien
