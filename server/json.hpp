#pragma once

#include <string_view>

#include "base/json.hpp"

namespace mien::server {

using base::Json, base::rounded;

/// The body of a response: one line.
inline std::string to_text(const Json& json) { return base::to_text(json) + "\n"; }

/// `{"code": …, "message": …}`, as errors of requests and of single images have it.
inline Json error_json(std::string_view code, std::string_view message) {
  return {{"code", code}, {"message", message}};
}

}  // namespace mien::server
