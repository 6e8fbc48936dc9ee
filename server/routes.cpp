#include "server/routes.hpp"

#include "server/json.hpp"
#include "server/static_files.hpp"

namespace mien::server {
namespace {

Route models_route(const Service& service) {
  const Json model{{"name", service.model_name()},
                   {"labels", service.analyzer.labels()},
                   {"detector", service.analyzer.detector_name()},
                   {"min_confidence", service.analyzer.min_confidence()},
                   {"default", true}};
  const Json limits{{"body_bytes", service.max_body_bytes},
                    {"pixels", service.limits.pixels},
                    {"images", service.limits.images}};
  return {.method = "GET",
          .path = "/v1/models",
          .access = Route::Access::kToken,
          .respond = [body = to_text({{"models", Json::array({model})}, {"limits", limits}})](
                         const Request&) { return Response{.body = body}; }};
}

Response status_response(int status, const char* text) {
  return {.status = status, .body = to_text({{"status", text}})};
}

Route health_route() {
  return {.method = "GET",
          .path = "/healthz",
          .under_load = Route::UnderLoad::kServe,
          .respond = [](const Request&) { return status_response(200, "ok"); }};
}

Route ready_route(const Service& service) {
  return {.method = "GET",
          .path = "/readyz",
          .under_load = Route::UnderLoad::kServe,
          .respond = [&service](const Request&) {
            return service.draining() ? status_response(503, "draining")
                                      : status_response(200, "ready");
          }};
}

Route metrics_route(const Service& service) {
  return {.method = "GET",
          .path = "/metrics",
          .access = Route::Access::kToken,
          .under_load = Route::UnderLoad::kServe,
          .respond = [&service](const Request&) {
            return Response{.content_type = "text/plain; version=0.0.4; charset=utf-8",
                            .body = service.metrics.text()};
          }};
}

}  // namespace

std::vector<Route> make_routes(const Service& service) {
  std::vector<Route> routes = static_routes(embedded_files());
  routes.push_back(analyze_route(service));
  routes.push_back(explain_route(service));
  routes.push_back(models_route(service));
  routes.push_back(health_route());
  routes.push_back(ready_route(service));
  routes.push_back(metrics_route(service));
  return routes;
}

}  // namespace mien::server
