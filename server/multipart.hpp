#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace mien::server {

/// One part of a multipart/form-data body; `body` points into it.
struct Part {
  std::string name;          ///< of the form's field
  std::string file_name;     ///< from `filename*` (RFC 8187) or `filename`; empty: neither
  std::string content_type;  ///< lower case, without parameters; empty: not stated
  std::string_view body;
};

/// RFC 7578. `content_type` is the request's header, with the boundary. Throws Error
/// kInvalidArgument naming the part, also for more than `max_parts` parts.
std::vector<Part> parse_multipart(std::string_view content_type, std::string_view body,
                                  std::size_t max_parts);

/// A parameter of a header like `form-data; name="a"; filename="b.jpg"`, without its quotes; empty
/// if it is missing.
std::string header_parameter(std::string_view header, std::string_view name);

}  // namespace mien::server
