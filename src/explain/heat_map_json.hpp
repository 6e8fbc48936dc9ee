#pragma once

#include <string>

#include "base/json.hpp"
#include "explain/heat_map.hpp"

namespace mien::explain {

/// `{"bands": {"eyes": …, "nose": …, "mouth": …}, "largest": …, "map": [[row from the top], …]}`
base::Json to_json(const HeatMap& map);

/// The same as text on one line.
std::string heat_map_json(const HeatMap& map);

}  // namespace mien::explain
