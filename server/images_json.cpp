#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/base64.hpp"
#include "base/file.hpp"
#include "server/images.hpp"

namespace mien::server {
namespace {

using nlohmann::json;

constexpr const char* kExpected =
    "; send {\"images\": [{\"name\": \"a.jpg\", \"data\": \"…base64…\"}]}";

/// Makes padded standard base64 of base64 with line breaks, without padding, or in the URL
/// alphabet.
void standardize_base64(std::string& text) {
  std::erase_if(text, [](char c) { return c == '\n' || c == '\r' || c == ' ' || c == '\t'; });
  std::ranges::replace(text, '-', '+');
  std::ranges::replace(text, '_', '/');
  while (text.size() % 4 > 1) text += '=';
}

/// Accepts only the documented form, while it reads: nothing else is ever stored.
class Reader : public nlohmann::json_sax<json> {
 public:
  Reader(Images& images, std::size_t max_images) : images_(images), max_images_(max_images) {}

  bool start_object(std::size_t) override {
    if (place_ == Place::kBefore) return enter(Place::kTop);
    if (place_ != Place::kImages) reject_value();
    if (images_.list.size() == max_images_)
      fail(base::format("more than %zu images; send several requests", max_images_));
    images_.list.push_back({base::format("image %zu", images_.list.size() + 1), {}});
    has_data_ = false;
    return enter(Place::kImage);
  }
  bool end_object() override {
    if (place_ == Place::kTop) return enter(Place::kAfter);
    if (!has_data_) fail(where() + " has no 'data'");
    return enter(Place::kImages);
  }
  bool start_array(std::size_t) override {
    if (place_ != Place::kTop) reject_value();
    return enter(Place::kImages);
  }
  bool end_array() override { return enter(Place::kTop); }
  bool key(std::string& name) override {
    const bool known = place_ == Place::kTop ? name == "images" : name == "name" || name == "data";
    if (!known)
      fail("unknown key '" + name.substr(0, 100) + "'" +
           (place_ == Place::kImage ? " in " + where() : "") + kExpected);
    key_ = std::move(name);
    return true;
  }
  bool string(std::string& value) override {
    if (place_ != Place::kImage) reject_value();
    if (key_ == "name")
      images_.list.back().name = std::move(value);
    else
      take_data(value);
    return true;
  }
  bool null() override { reject_value(); }
  bool boolean(bool) override { reject_value(); }
  bool number_integer(number_integer_t) override { reject_value(); }
  bool number_unsigned(number_unsigned_t) override { reject_value(); }
  bool number_float(number_float_t, const std::string&) override { reject_value(); }
  bool binary(json::binary_t&) override { reject_value(); }
  bool parse_error(std::size_t position, const std::string&, const json::exception&) override {
    fail(base::format("invalid syntax at byte %zu", position) + kExpected);
  }

 private:
  enum class Place { kBefore, kTop, kImages, kImage, kAfter };

  bool enter(Place place) {
    place_ = place;
    return true;
  }

  std::string where() const { return base::format("images[%zu]", images_.list.size() - 1); }

  [[noreturn]] static void fail(const std::string& what) {
    throw Error(ErrorCode::kInvalidArgument, "JSON: " + what);
  }
  [[noreturn]] void reject_value() const {
    if (place_ == Place::kImage) fail(where() + "." + key_ + " must be a string");
    fail("unexpected value" + std::string(kExpected));
  }

  void take_data(std::string& text) {
    if (text.starts_with("data:")) text.erase(0, std::min(text.find(','), text.size() - 1) + 1);
    standardize_base64(text);
    std::optional<std::string> bytes = base::decode_base64(text);
    if (!bytes) fail(where() + ".data is not valid base64");
    images_.storage.push_back(std::move(*bytes));
    images_.list.back().bytes = std::as_bytes(std::span(images_.storage.back()));
    has_data_ = true;
  }

  Images& images_;
  std::size_t max_images_;
  Place place_ = Place::kBefore;
  std::string key_;
  bool has_data_ = false;
};

}  // namespace

Images read_images_json(std::string_view body, std::size_t max_images) {
  Images images;
  Reader reader(images, max_images);
  json::sax_parse(body, &reader);
  return images;
}

}  // namespace mien::server
