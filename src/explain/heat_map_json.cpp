#include "explain/heat_map_json.hpp"

#include "base/text.hpp"

namespace mien::explain {

using base::Json, base::rounded;

namespace {

/// Four digits that count, however small the value.
Json significant(float value) {
  return base::parse_number<double>(base::format("%.4g", value)).value_or(0);
}

}  // namespace

Json to_json(const HeatMap& map) {
  const Bands parts = bands(map);
  Json rows = Json::array();
  for (int y = 0; y < map.side; ++y) {
    Json& row = rows.emplace_back(Json::array());
    for (int x = 0; x < map.side; ++x) row.push_back(significant(map.at(x, y)));
  }
  return {{"bands",
           {{"eyes", rounded(parts.eyes, 4)},
            {"nose", rounded(parts.nose, 4)},
            {"mouth", rounded(parts.mouth, 4)}}},
          {"largest", rounded(map.largest(), 5)},
          {"map", std::move(rows)}};
}

std::string heat_map_json(const HeatMap& map) { return base::to_text(to_json(map)); }

}  // namespace mien::explain
