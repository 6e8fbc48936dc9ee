#include "base/json.hpp"

#include <cmath>

namespace mien::base {
namespace {

void append(std::string& out, const Json& value) {
  if (!value.is_structured()) {
    out += value.dump(-1, ' ', false, Json::error_handler_t::replace);
    return;
  }
  const bool is_object = value.is_object();
  out += is_object ? '{' : '[';
  bool first = true;
  for (const auto& item : value.items()) {
    if (!first) out += ", ";
    first = false;
    if (is_object) {
      append(out, item.key());
      out += ": ";
    }
    append(out, item.value());
  }
  out += is_object ? '}' : ']';
}

}  // namespace

Json rounded(double value, int digits) {
  if (!std::isfinite(value)) return nullptr;
  const double scale = std::pow(10, digits);
  return std::round(value * scale) / scale + 0.0;  // + 0: no "-0.0"
}

std::string to_text(const Json& value) {
  std::string out;
  append(out, value);
  return out;
}

}  // namespace mien::base
