#pragma once

#include <string>

#include "explain/heat_map.hpp"

namespace mien::explain {

/// `{"bands": {"eyes": …, "nose": …, "mouth": …}, "largest": …, "map": [[row from the top], …]}`
std::string heat_map_json(const HeatMap& map);

}  // namespace mien::explain
