#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace mien::base {

/// RFC 4648, section 4, with padding; empty for anything else.
std::optional<std::string> decode_base64(std::string_view text);

/// The inverse of decode_base64.
std::string encode_base64(std::span<const std::byte> bytes);

}  // namespace mien::base
