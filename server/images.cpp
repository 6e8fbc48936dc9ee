#include "server/images.hpp"

#include "base/file.hpp"
#include "server/multipart.hpp"

namespace mien::server {
namespace {

constexpr std::size_t kMaxOtherFields = 32;  // of a form, beside the pictures

Pictures read_form(const Request& request, std::size_t max_pictures) {
  Pictures pictures;
  for (Part& part : parse_multipart(request.header("content-type"), request.body,
                                    max_pictures + kMaxOtherFields)) {
    if (part.file_name.empty()) continue;
    pictures.list.push_back({std::move(part.file_name), std::as_bytes(std::span(part.body))});
  }
  return pictures;
}

}  // namespace

std::vector<std::string> picture_content_types() {
  return {"image/*", "application/octet-stream", "multipart/form-data", "application/json"};
}

Pictures read_pictures(const Request& request, std::size_t max_pictures) {
  const std::string type = request.content_type();
  Pictures pictures;
  if (type == "multipart/form-data")
    pictures = read_form(request, max_pictures);
  else if (type == "application/json")
    pictures = read_pictures_json(request.body, max_pictures);
  else if (!request.body.empty())
    pictures.list.push_back({"image", std::as_bytes(std::span(request.body))});
  if (pictures.list.empty()) throw Error(ErrorCode::kInvalidArgument, "the request has no picture");
  if (pictures.list.size() > max_pictures) {
    throw Error(
        ErrorCode::kInvalidArgument,
        base::format("%zu pictures are over the limit of %zu a request: send several requests",
                     pictures.list.size(), max_pictures));
  }
  return pictures;
}

}  // namespace mien::server
