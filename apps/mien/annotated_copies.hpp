#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "inputs.hpp"
#include "mien/analyzer.hpp"

namespace mien::apps {

/// Makes `folder` and gives each photo a name in it for its copy. A name that another copy or a
/// photo itself has already gets a number. Throws Error kIo.
void name_copies(const std::filesystem::path& folder, std::vector<PhotoInput>& photos);

/// Writes the photo with its faces' boxes and bars drawn on it; PNG or JPEG by the extension.
void write_annotated(const ImageView& photo, const std::vector<Face>& faces,
                     const std::vector<std::string>& labels, const std::filesystem::path& path);

}  // namespace mien::apps
