#include "engine/attributes.hpp"

#include <limits>

namespace mien::engine {
namespace {

template <class T>
T attribute(const model::Node& node, const std::string& name, const T& fallback) {
  const auto found = node.attributes.find(name);
  if (found == node.attributes.end()) return fallback;
  if (const T* value = std::get_if<T>(&found->second)) return *value;
  malformed(node, "attribute '" + name + "' has the wrong type");
}

}  // namespace

std::int64_t product(const Dims& dims) {
  std::int64_t result = 1;
  for (const std::int64_t dimension : dims) {
    if (__builtin_mul_overflow(result, dimension, &result))
      return std::numeric_limits<std::int64_t>::max();
  }
  return result;
}

std::string to_string(const Dims& dims) {
  std::string text;
  for (const std::int64_t dimension : dims) {
    if (!text.empty()) text += 'x';
    text += std::to_string(dimension);
  }
  return text;
}

void unsupported(const model::Node& node, const std::string& what) {
  throw Error(ErrorCode::kUnsupported, node.description() + ": unsupported " + what);
}

void malformed(const model::Node& node, const std::string& what) {
  throw Error(ErrorCode::kBadFormat, node.description() + ": " + what);
}

std::int64_t integer_attribute(const model::Node& node, const std::string& name,
                               std::int64_t fallback) {
  return attribute(node, name, fallback);
}

float float_attribute(const model::Node& node, const std::string& name, float fallback) {
  return attribute(node, name, fallback);
}

std::string string_attribute(const model::Node& node, const std::string& name,
                             const std::string& fallback) {
  return attribute(node, name, fallback);
}

Dims integers_attribute(const model::Node& node, const std::string& name, const Dims& fallback) {
  return attribute(node, name, fallback);
}

std::int64_t normalize_axis(const model::Node& node, std::int64_t axis, std::int64_t rank) {
  if (axis < -rank || axis >= rank)
    malformed(node, "axis " + std::to_string(axis) + " is out of range for " +
                        std::to_string(rank) + " dimensions");
  return axis < 0 ? axis + rank : axis;
}

}  // namespace mien::engine
