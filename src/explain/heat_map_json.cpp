#include "explain/heat_map_json.hpp"

#include "base/file.hpp"

namespace mien::explain {

std::string heat_map_json(const HeatMap& map) {
  const Bands parts = bands(map);
  std::string out = base::format(
      "{\"bands\": {\"eyes\": %.4f, \"nose\": %.4f, \"mouth\": %.4f}, \"largest\": %.5f, \"map\": "
      "[",
      parts.eyes, parts.nose, parts.mouth, map.largest());
  for (int y = 0; y < map.side; ++y) {
    out += y == 0 ? "[" : ", [";
    for (int x = 0; x < map.side; ++x)
      out += base::format(x == 0 ? "%.4g" : ", %.4g", map.at(x, y));
    out += "]";
  }
  return out + "]}";
}

}  // namespace mien::explain
