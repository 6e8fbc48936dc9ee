#pragma once

#include <cstddef>
#include <deque>
#include <span>
#include <string>
#include <vector>

#include "server/http.hpp"

namespace mien::server {

/// Encoded pictures of a request. They may point into its body.
struct Pictures {
  struct One {
    std::string name;
    std::span<const std::byte> bytes;
  };
  std::vector<One> list;
  std::deque<std::string> storage;  ///< of those that do not lie in the body as they are
};

/// What analyzing routes accept as Content-Type.
std::vector<std::string> picture_content_types();

/// The pictures of a body in one of the forms of docs/http-api.md. Throws Error kInvalidArgument
/// for a body that is not what its content type says, without a picture or with more than
/// `max_pictures`.
Pictures read_pictures(const Request& request, std::size_t max_pictures);

/// The same for `{"images": [{"name": …, "data": base64}]}`. Memory stays within twice the body,
/// whatever it nests.
Pictures read_pictures_json(std::string_view body, std::size_t max_pictures);

}  // namespace mien::server
