#pragma once

#include <optional>
#include <string>
#include <vector>

#include "server/http.hpp"

namespace mien::server {

/// Who may ask.
struct AccessRules {
  std::string token;                         ///< empty: none is needed
  std::vector<std::string> allowed_origins;  ///< of browsers, e.g. "https://example.org"; "*": all
};

/// Finds the route of a request and refuses what its head already shows to be wrong. Immutable:
/// thread safe.
class Router {
 public:
  Router(std::vector<Route> routes, AccessRules rules);

  /// By path and method (HEAD counts as GET); null where there is none.
  const Route* find(const Request& request) const;

  /// An answer that needs no body: 401, 403, 404, 405, 415, or to a browser's preflight request;
  /// empty where the request may go on.
  std::optional<Response> answer_head(const Request& request) const;

  /// Adds the headers by which a browser lets an allowed page of another origin read the answer.
  void allow_origin(const Request& request, Response& response) const;

 private:
  bool origin_allowed(const Request& request) const;
  bool token_matches(const Request& request) const;
  std::string methods_of(
      const std::string& path) const;  // "GET, HEAD, POST"; empty where there is no such path

  std::vector<Route> routes_;
  AccessRules rules_;
};

}  // namespace mien::server
