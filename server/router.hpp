#pragma once

#include <optional>
#include <string>
#include <vector>

#include "server/http.hpp"

namespace mien::server {

/// Which requests are allowed.
struct AccessRules {
  std::string token;                         ///< empty: none is required
  std::vector<std::string> allowed_origins;  ///< of pages, e.g. "https://example.org"; "*": all
  std::vector<std::string> allowed_hosts;    ///< for the header Host, without port; empty: any
};

/// Finds the route of a request, and rejects requests by their headers. Immutable: thread safe.
class Router {
 public:
  Router(std::vector<Route> routes, AccessRules rules);

  /// By path and method (HEAD counts as GET); null if there is none.
  const Route* find(const Request& request) const;

  /// The response to a request whose body need not be read: 401, 403, 404, 405, 415, 421, or
  /// a browser's preflight request; empty if the body is needed.
  std::optional<Response> respond_to_head(const Request& request) const;

  /// Adds the headers that let an allowed page of another origin read the response.
  void allow_origin(const Request& request, Response& response) const;

  /// Whether the server has a token and the request has it.
  bool has_token(const Request& request) const;

 private:
  bool host_allowed(const Request& request) const;
  bool origin_allowed(const Request& request) const;
  std::string methods_of(
      const std::string& path) const;  // "GET, HEAD, POST"; empty if there is no such path

  std::vector<Route> routes_;
  AccessRules rules_;
};

}  // namespace mien::server
