#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace mien::vision {

/// The kind of a camera's RAW file ("Canon CR2", "DNG", …) by its first bytes and, for the kinds
/// based on TIFF, by the tags of its first directory. Empty for other files. Decoders would read
/// the thumbnail that such files contain.
std::optional<std::string_view> raw_photo_kind(std::span<const std::byte> bytes);

}  // namespace mien::vision
