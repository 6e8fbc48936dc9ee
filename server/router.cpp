#include "server/router.hpp"

#include <algorithm>
#include <set>

namespace mien::server {
namespace {

/// Takes the same time for every wrong token of one length.
bool equal_in_constant_time(std::string_view given, std::string_view secret) {
  unsigned difference = given.size() == secret.size() ? 0 : 1;
  for (std::size_t i = 0; i < given.size(); ++i) {
    difference |= static_cast<unsigned char>(given[i]) ^
                  static_cast<unsigned char>(secret[i % secret.size()]);
  }
  return difference == 0;
}

bool matches(std::string_view pattern, std::string_view type) {
  return pattern.ends_with("/*") ? type.starts_with(pattern.substr(0, pattern.size() - 1))
                                 : pattern == type;
}

}  // namespace

Router::Router(std::vector<Route> routes, AccessRules rules)
    : routes_(std::move(routes)), rules_(std::move(rules)) {}

const Route* Router::find(const Request& request) const {
  const std::string& method = request.method == "HEAD" ? std::string("GET") : request.method;
  const auto found = std::ranges::find_if(routes_, [&](const Route& route) {
    return route.path == request.path && route.method == method;
  });
  return found == routes_.end() ? nullptr : &*found;
}

std::optional<Response> Router::answer_head(const Request& request) const {
  if (!origin_allowed(request)) {
    return error_response(403, "forbidden",
                          "pages of this origin may not ask this server; --allow-origin lets them");
  }
  const Route* route = find(request);
  if (route == nullptr) {
    const std::string methods = methods_of(request.path);
    if (methods.empty())
      return error_response(
          404, "not_found",
          "there is nothing under this address; /openapi.json lists what there is");
    if (request.method != "OPTIONS") {
      return error_response(405, "method_not_allowed", "this address knows the methods " + methods,
                            {{"Allow", methods}});
    }
    return Response{.status = 204,
                    .content_type = "",
                    .headers = {{"Allow", methods},
                                {"Access-Control-Allow-Methods", methods},
                                {"Access-Control-Allow-Headers", "Authorization, Content-Type"},
                                {"Access-Control-Max-Age", "600"}}};
  }
  if (route->access == Route::Access::kToken && !token_matches(request)) {
    return error_response(401, "unauthorized",
                          "this server wants the header 'Authorization: Bearer' with its token",
                          {{"WWW-Authenticate", "Bearer"}});
  }
  const std::string type = request.content_type();
  if (!route->content_types.empty() &&
      std::ranges::none_of(route->content_types,
                           [&](const std::string& pattern) { return matches(pattern, type); })) {
    std::string accepted;
    for (const std::string& pattern : route->content_types)
      accepted += (accepted.empty() ? "" : ", ") + pattern;
    return error_response(
        415, "unsupported",
        "the content type '" + type + "' is not read here; accepted are " + accepted);
  }
  return std::nullopt;
}

void Router::allow_origin(const Request& request, Response& response) const {
  if (rules_.allowed_origins.empty()) return;
  response.headers.emplace_back("Vary", "Origin");
  const std::string_view origin = request.header("origin");
  if (!origin.empty() && origin_allowed(request))
    response.headers.emplace_back("Access-Control-Allow-Origin", origin);
}

bool Router::origin_allowed(const Request& request) const {
  const std::string_view origin = request.header("origin");
  if (origin.empty()) return true;
  const std::size_t host = origin.find("://");
  if (host != std::string_view::npos && origin.substr(host + 3) == request.header("host"))
    return true;
  return std::ranges::any_of(rules_.allowed_origins, [&](const std::string& allowed) {
    return allowed == "*" || allowed == origin;
  });
}

bool Router::token_matches(const Request& request) const {
  constexpr std::string_view kScheme = "Bearer ";
  if (rules_.token.empty()) return true;
  const std::string_view given = request.header("authorization");
  return equal_ignoring_case(given.substr(0, kScheme.size()), kScheme) &&
         equal_in_constant_time(given.substr(kScheme.size()), rules_.token);
}

std::string Router::methods_of(const std::string& path) const {
  std::set<std::string> methods;
  for (const Route& route : routes_) {
    if (route.path != path) continue;
    methods.insert(route.method);
    if (route.method == "GET") methods.insert("HEAD");
  }
  std::string out;
  for (const std::string& method : methods) out += (out.empty() ? "" : ", ") + method;
  return out;
}

}  // namespace mien::server
