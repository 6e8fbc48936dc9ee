#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "mien/analyzer.hpp"
#include "server/http.hpp"
#include "server/metrics.hpp"

namespace mien::server {

struct ImageLimits {
  std::size_t images = 32;           ///< per request
  std::int64_t pixels = 50'000'000;  ///< per image
};

/// What the routes use; it outlives them.
struct Service {
  const Analyzer& analyzer;
  Metrics& metrics;
  ImageLimits limits;
  std::size_t max_body_bytes;
  std::function<bool()> draining;

  /// The name of the model in responses.
  std::string model_name() const { return analyzer.model_path().stem().string(); }
};

/// All routes, the page's files included.
std::vector<Route> make_routes(const Service& service);

/// POST /v1/analyze (analyze.cpp).
Route analyze_route(const Service& service);
/// POST /v1/explain (explain.cpp).
Route explain_route(const Service& service);

}  // namespace mien::server
