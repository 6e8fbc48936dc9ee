#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "inputs.hpp"
#include "mien/analyzer.hpp"

namespace mien::apps {

/// Creates `folder` and assigns each photo a file name in it for its annotated copy. If the name
/// belongs to another copy or to a photo, the copy's name gets a number. Throws Error kIo.
void name_copies(const std::filesystem::path& folder, std::vector<PhotoInput>& photos);

/// Writes the photo with boxes and bars; PNG or JPEG by the extension of `path`.
void write_annotated(const ImageView& photo, const std::vector<Face>& faces,
                     const std::vector<std::string>& labels, const std::filesystem::path& path);

}  // namespace mien::apps
