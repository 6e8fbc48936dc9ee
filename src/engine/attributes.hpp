#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "mien/error.hpp"
#include "model/model.hpp"

namespace mien::engine {

using Dims = std::vector<std::int64_t>;

std::int64_t product(const Dims& dims);   ///< INT64_MAX on overflow
std::string to_string(const Dims& dims);  ///< "1x16x48x48"

/// Throws Error kUnsupported that names the node.
[[noreturn]] void unsupported(const model::Node& node, const std::string& what);
/// Throws Error kBadFormat that names the node.
[[noreturn]] void malformed(const model::Node& node, const std::string& what);

/// An attribute of a node, or `fallback` if it is absent. Throws Error kBadFormat if it has another
/// type.
std::int64_t integer_attribute(const model::Node& node, const std::string& name,
                               std::int64_t fallback);
float float_attribute(const model::Node& node, const std::string& name, float fallback);
std::string string_attribute(const model::Node& node, const std::string& name,
                             const std::string& fallback);
Dims integers_attribute(const model::Node& node, const std::string& name, const Dims& fallback);

/// An axis in -rank..rank-1 (negative: from the end) as one in 0..rank-1. Throws Error kBadFormat
/// if out of range.
std::int64_t normalize_axis(const model::Node& node, std::int64_t axis, std::int64_t rank);

}  // namespace mien::engine
