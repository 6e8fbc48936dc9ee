#include "server/images.hpp"

#include "base/file.hpp"
#include "server/multipart.hpp"

namespace mien::server {
namespace {

constexpr std::size_t kMaxOtherFields = 32;  // of a form, in addition to the images

/// Browsers send an empty file for a field without a choice.
bool is_image(const Part& part) {
  return !part.file_name.empty() || (!part.body.empty() && part.content_type.starts_with("image/"));
}

Images read_form(const Request& request, std::size_t max_images) {
  Images images;
  for (Part& part : parse_multipart(request.header("content-type"), request.body,
                                    max_images + kMaxOtherFields)) {
    if (!is_image(part)) continue;
    std::string name = std::move(part.file_name);
    if (name.empty()) name = base::format("image %zu", images.list.size() + 1);
    images.list.push_back({std::move(name), std::as_bytes(std::span(part.body))});
  }
  return images;
}

}  // namespace

std::vector<std::string> image_content_types() {
  return {"image/*", "application/octet-stream", "multipart/form-data", "application/json"};
}

Images read_images(const Request& request, std::size_t max_images) {
  const std::string type = request.content_type();
  Images images;
  if (type == "multipart/form-data")
    images = read_form(request, max_images);
  else if (type == "application/json")
    images = read_images_json(request.body, max_images);
  else if (!request.body.empty())
    images.list.push_back({"image", std::as_bytes(std::span(request.body))});
  if (images.list.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                "the request has no image; send the bytes of one, a form with files, or JSON");
  }
  if (images.list.size() > max_images) {
    throw Error(ErrorCode::kInvalidArgument,
                base::format("%zu images, but at most %zu are allowed; send several requests",
                             images.list.size(), max_images));
  }
  return images;
}

}  // namespace mien::server
