#include <nlohmann/json.hpp>

#include "base/base64.hpp"
#include "base/file.hpp"
#include "server/images.hpp"

namespace mien::server {
namespace {

using nlohmann::json;

/// Takes the one form that is wanted, as it is read: what nests or repeats otherwise is never
/// stored.
class Reader : public nlohmann::json_sax<json> {
 public:
  Reader(Pictures& pictures, std::size_t max_pictures)
      : pictures_(pictures), max_pictures_(max_pictures) {}

  bool start_object(std::size_t) override {
    if (place_ == Place::kBefore) return enter(Place::kTop);
    if (place_ != Place::kImages) unwanted();
    if (pictures_.list.size() == max_pictures_)
      fail(base::format("more than %zu pictures: send several requests", max_pictures_));
    pictures_.list.push_back({base::format("image %zu", pictures_.list.size() + 1), {}});
    has_data_ = false;
    return enter(Place::kImage);
  }
  bool end_object() override {
    if (place_ == Place::kTop) return enter(Place::kAfter);
    if (!has_data_) fail(where() + " has no \"data\"");
    return enter(Place::kImages);
  }
  bool start_array(std::size_t) override {
    if (place_ != Place::kTop) unwanted();
    return enter(Place::kImages);
  }
  bool end_array() override { return enter(Place::kTop); }
  bool key(std::string& name) override {
    const bool known = place_ == Place::kTop ? name == "images" : name == "name" || name == "data";
    if (!known)
      fail("unknown key \"" + name.substr(0, 100) + "\"" +
           (place_ == Place::kImage ? " in " + where() : ""));
    key_ = std::move(name);
    return true;
  }
  bool string(std::string& value) override {
    if (place_ != Place::kImage) unwanted();
    if (key_ == "name")
      pictures_.list.back().name = std::move(value);
    else
      take_data(value);
    return true;
  }
  bool null() override { unwanted(); }
  bool boolean(bool) override { unwanted(); }
  bool number_integer(number_integer_t) override { unwanted(); }
  bool number_unsigned(number_unsigned_t) override { unwanted(); }
  bool number_float(number_float_t, const std::string&) override { unwanted(); }
  bool binary(json::binary_t&) override { unwanted(); }
  bool parse_error(std::size_t position, const std::string&, const json::exception&) override {
    fail(base::format("malformed at byte %zu", position));
  }

 private:
  enum class Place { kBefore, kTop, kImages, kImage, kAfter };

  bool enter(Place place) {
    place_ = place;
    return true;
  }

  std::string where() const { return base::format("images[%zu]", pictures_.list.size() - 1); }

  [[noreturn]] static void fail(const std::string& what) {
    throw Error(ErrorCode::kInvalidArgument, "JSON: " + what);
  }
  [[noreturn]] void unwanted() const {
    if (place_ == Place::kImage) fail(where() + "." + key_ + " must be a string");
    fail("wanted is {\"images\": [{\"name\": \"…\", \"data\": \"base64…\"}]}");
  }

  void take_data(std::string_view text) {
    if (text.starts_with("data:"))
      text.remove_prefix(std::min(text.size(), text.find(',')) +
                         (text.find(',') < text.size() ? 1 : 0));
    std::optional<std::string> bytes = base::decode_base64(text);
    if (!bytes) fail(where() + ".data is not base64");
    pictures_.storage.push_back(std::move(*bytes));
    pictures_.list.back().bytes = std::as_bytes(std::span(pictures_.storage.back()));
    has_data_ = true;
  }

  Pictures& pictures_;
  std::size_t max_pictures_;
  Place place_ = Place::kBefore;
  std::string key_;
  bool has_data_ = false;
};

}  // namespace

Pictures read_pictures_json(std::string_view body, std::size_t max_pictures) {
  Pictures pictures;
  Reader reader(pictures, max_pictures);
  json::sax_parse(body, &reader);
  return pictures;
}

}  // namespace mien::server
