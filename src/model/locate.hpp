#pragma once

#include <filesystem>
#include <optional>

namespace mien::model {

inline constexpr const char* kDefaultModel = "mien";

/// Where `mien models fetch` puts what it fetches: $XDG_DATA_HOME/mien/models, or
/// ~/.local/share/mien/models; empty where neither variable says a folder.
std::filesystem::path user_model_folder();

/// The file of a model, emotion network or face detector: a path (with a folder or an extension) of
/// a file that exists, or a name ("reference", "yunet.onnx"), looked for in $MIEN_MODELS, in
/// user_model_folder(), beside the Python module (models/), beside the program
/// (../share/mien/models, or models/ of a source tree two folders up) and where the library was
/// installed.
std::optional<std::filesystem::path> find_model(const std::filesystem::path& name);

/// The same; empty means kDefaultModel. Throws Error kNotFound saying where it looked.
std::filesystem::path locate_model(const std::filesystem::path& name);

}  // namespace mien::model
