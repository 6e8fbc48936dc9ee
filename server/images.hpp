#pragma once

#include <cstddef>
#include <deque>
#include <span>
#include <string>
#include <vector>

#include "server/http.hpp"

namespace mien::server {

/// The encoded images of a request.
struct Images {
  struct Entry {
    std::string name;
    std::span<const std::byte> bytes;  ///< in the request's body or in `storage`
  };
  std::vector<Entry> list;
  std::deque<std::string> storage;  ///< decoded base64
};

/// The Content-Types that image routes accept. A missing one and curl's default are accepted too:
/// then the body must be an image.
std::vector<std::string> image_content_types();

/// The images of a body in one of the forms of docs/http-api.md. Throws Error kInvalidArgument for
/// a body that does not match its content type, has no image or more than `max_images`.
Images read_images(const Request& request, std::size_t max_images);

/// Reads `{"images": [{"name": …, "data": base64}]}`. The base64 may have line breaks, no padding,
/// or the URL alphabet. Uses at most twice the memory of the body, however deep that nests.
Images read_images_json(std::string_view body, std::size_t max_images);

}  // namespace mien::server
