#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace mien::server {

/// Keeps the order of insertion, so that responses read as documented.
using Json = nlohmann::ordered_json;

/// One line. Bytes that are not UTF-8 (from a client's file name) become U+FFFD.
inline std::string to_text(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

/// `value` without the digits beyond `scale`: 1e5 keeps five decimals.
double rounded(double value, double scale);

/// `{"code": …, "message": …}`, as errors of requests and of single images have it.
Json error_json(std::string_view code, std::string_view message);

}  // namespace mien::server
