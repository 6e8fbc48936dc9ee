#pragma once

#include <filesystem>
#include <optional>

namespace mien::model {

inline constexpr const char* kDefaultModel = "mien";

/// Where `mien models fetch` stores models: $XDG_DATA_HOME/mien/models, or
/// ~/.local/share/mien/models; empty if neither XDG_DATA_HOME nor HOME is set.
std::filesystem::path user_model_folder();

/// The file of an emotion network or face detector. `name` is a path (with a folder or an
/// extension) of an existing file, or a name ("reference", "yunet.onnx") that is searched in
/// $MIEN_MODELS, user_model_folder(), models/ next to the Python module, ../share/mien/models and
/// ../../models (source tree) relative to the program, and the install location. Empty if not
/// found.
std::optional<std::filesystem::path> find_model(const std::filesystem::path& name);

/// The same; an empty name means kDefaultModel. Throws Error kNotFound listing the searched
/// folders.
std::filesystem::path locate_model(const std::filesystem::path& name);

}  // namespace mien::model
