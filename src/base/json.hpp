#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace mien::base {

/// Keeps the order in which fields are added.
using Json = nlohmann::ordered_json;

/// The nearest number with `digits` decimals, so that JSON has no digits that mean nothing; null
/// for NaN and infinity, which JSON lacks.
Json rounded(double value, int digits);

/// The value on one line, as json.dumps of Python writes it: `{"a": [1, 2], "b": "c"}`. Bytes of
/// strings that are not UTF-8 become U+FFFD.
std::string to_text(const Json& value);

}  // namespace mien::base
