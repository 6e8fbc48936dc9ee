#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "mien/analyzer.hpp"
#include "server/http.hpp"
#include "server/metrics.hpp"

namespace mien::server {

struct PictureLimits {
  std::size_t pictures = 32;         ///< of one request
  std::int64_t pixels = 50'000'000;  ///< of one picture
};

/// What the routes work with; it outlives them.
struct Service {
  const Analyzer& analyzer;
  Metrics& metrics;
  PictureLimits limits;
  std::size_t max_body_bytes;
  std::function<bool()> draining;
};

/// All routes, the page's files included. A new one is a function in a file of its own and a line
/// here.
std::vector<Route> make_routes(const Service& service);

/// POST /v1/analyze (analyze.cpp).
Route analyze_route(const Service& service);
/// POST /v1/explain (explain.cpp).
Route explain_route(const Service& service);

}  // namespace mien::server
