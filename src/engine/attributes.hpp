#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "mien/error.hpp"
#include "model/model.hpp"

namespace mien::engine {

using Dims = std::vector<std::int64_t>;

std::int64_t product(const Dims& dims);   ///< the largest number where it does not fit
std::string to_string(const Dims& dims);  ///< "1x16x48x48"

/// Throws Error kUnsupported that names the node.
[[noreturn]] void unsupported(const model::Node& node, const std::string& what);
/// Throws Error kBadFormat that names the node.
[[noreturn]] void malformed(const model::Node& node, const std::string& what);

/// An attribute of a node, or `fallback` where it is not given. Throws Error kBadFormat when it has
/// another kind.
std::int64_t integer_attribute(const model::Node& node, const std::string& name,
                               std::int64_t fallback);
float real_attribute(const model::Node& node, const std::string& name, float fallback);
std::string text_attribute(const model::Node& node, const std::string& name,
                           const std::string& fallback);
Dims integers_attribute(const model::Node& node, const std::string& name, const Dims& fallback);

/// An axis counted from the end (-1 is the last) as one counted from the front. Throws Error
/// kBadFormat.
std::int64_t normal_axis(const model::Node& node, std::int64_t axis, std::int64_t rank);

}  // namespace mien::engine
