#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mien::server {

/// RFC 4648, section 4, with padding; empty for anything else.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace mien::server
