#include "server/routes.hpp"

#include "base/file.hpp"
#include "server/static_files.hpp"

namespace mien::server {
namespace {

Route models_route(const Service& service) {
  std::string labels;
  for (const std::string& label : service.analyzer.labels())
    labels += (labels.empty() ? "" : ", ") + base::json_quote(label);
  const std::string body =
      "{\"models\": [{\"name\": " +
      base::json_quote(service.analyzer.model_path().stem().string()) + ", \"labels\": [" + labels +
      "], \"detector\": " + base::json_quote(service.analyzer.detector_name()) +
      ", \"default\": true}],\n" +
      base::format(" \"limits\": {\"body_bytes\": %zu, \"pixels\": %lld, \"images\": %zu}}\n",
                   service.max_body_bytes, static_cast<long long>(service.limits.pixels),
                   service.limits.pictures);
  return {.method = "GET",
          .path = "/v1/models",
          .access = Route::Access::kToken,
          .answer = [body](const Request&) { return Response{.body = body}; }};
}

Route health_route() {
  return {.method = "GET", .path = "/healthz", .answer = [](const Request&) {
            return Response{.body = "{\"status\": \"ok\"}\n"};
          }};
}

Route ready_route(const Service& service) {
  return {.method = "GET", .path = "/readyz", .answer = [&service](const Request&) {
            if (service.draining())
              return Response{.status = 503, .body = "{\"status\": \"draining\"}\n"};
            return Response{.body = "{\"status\": \"ready\"}\n"};
          }};
}

Route metrics_route(const Service& service) {
  return {.method = "GET",
          .path = "/metrics",
          .access = Route::Access::kToken,
          .answer = [&service](const Request&) {
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
