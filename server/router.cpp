#include "server/router.hpp"

#include <algorithm>
#include <set>

namespace mien::server {
namespace {

/// The time depends only on the length of `given`.
bool equal_in_constant_time(std::string_view given, std::string_view secret) {
  unsigned difference = given.size() == secret.size() ? 0 : 1;
  for (std::size_t i = 0; i < given.size(); ++i) {
    difference |= static_cast<unsigned char>(given[i]) ^
                  static_cast<unsigned char>(secret[i % secret.size()]);
  }
  return difference == 0;
}

/// Curl's default for --data-binary: says nothing about the body.
constexpr std::string_view kDefaultOfCurl = "application/x-www-form-urlencoded";

bool matches(std::string_view pattern, std::string_view type) {
  return pattern.ends_with("/*") ? type.starts_with(pattern.substr(0, pattern.size() - 1))
                                 : pattern == type;
}

std::optional<Response> check_content(const Route& route, const Request& request) {
  const std::string_view encoding = request.header("content-encoding");
  if (!encoding.empty() && !equal_ignoring_case(encoding, "identity")) {
    return error_response(
        415, "unsupported",
        "unsupported content encoding '" + std::string(encoding) + "'; send the body uncompressed",
        {{"Accept-Encoding", "identity"}});
  }
  const std::string type = request.content_type();
  if (type.empty() || type == kDefaultOfCurl ||
      std::ranges::any_of(route.content_types,
                          [&](const std::string& pattern) { return matches(pattern, type); }))
    return std::nullopt;
  std::string accepted;
  for (const std::string& pattern : route.content_types)
    accepted += (accepted.empty() ? "" : ", ") + pattern;
  return error_response(415, "unsupported",
                        "unsupported content type '" + type + "'; send " + accepted);
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

std::optional<Response> Router::respond_to_head(const Request& request) const {
  const Route* route = find(request);
  // Kubernetes sends its probes to an address, not to a name.
  if (!host_allowed(request) &&
      (route == nullptr || route->under_load == Route::UnderLoad::kRefuse)) {
    return error_response(
        421, "wrong_host",
        "unknown host '" + std::string(request.header("host")) + "'; allow it with --allow-host");
  }
  if (!origin_allowed(request)) {
    return error_response(
        403, "forbidden",
        "pages of this origin may not use this server; allow it with --allow-origin");
  }
  if (route == nullptr) {
    const std::string methods = methods_of(request.path);
    if (methods.empty())
      return error_response(404, "not_found", "unknown path; /openapi.json lists all of them");
    if (request.method != "OPTIONS") {
      return error_response(405, "method_not_allowed",
                            "unsupported method '" + request.method + "'; use " + methods,
                            {{"Allow", methods}});
    }
    return Response{.status = 204,
                    .content_type = "",
                    .headers = {{"Allow", methods},
                                {"Access-Control-Allow-Methods", methods},
                                {"Access-Control-Allow-Headers", "Authorization, Content-Type"},
                                {"Access-Control-Max-Age", "600"}}};
  }
  if (route->access == Route::Access::kToken && !rules_.token.empty() && !has_token(request)) {
    return error_response(401, "unauthorized",
                          "the token is missing or wrong; send it as 'Authorization: Bearer TOKEN'",
                          {{"WWW-Authenticate", "Bearer"}});
  }
  if (!route->content_types.empty()) return check_content(*route, request);
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

bool Router::host_allowed(const Request& request) const {
  if (rules_.allowed_hosts.empty()) return true;
  std::string_view host = request.header("host");
  const std::size_t port = host.find(':', host.starts_with('[') ? host.find(']') : 0);
  host = host.substr(0, port);
  return std::ranges::any_of(rules_.allowed_hosts, [&](const std::string& allowed) {
    return equal_ignoring_case(host, allowed);
  });
}

bool Router::has_token(const Request& request) const {
  constexpr std::string_view kScheme = "Bearer ";
  if (rules_.token.empty()) return false;
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
