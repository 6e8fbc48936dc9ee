#pragma once

#include <string_view>

namespace mien {

/// The first bytes of every NumPy array file.
inline constexpr std::string_view kNpyMagic = "\x93NUMPY";

}  // namespace mien
