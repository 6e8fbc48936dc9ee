#include "server/static_files.hpp"

#include <array>
#include <cstdint>

#include "base/file.hpp"
#include "base/hash.hpp"

namespace mien::server {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kTypes{{
    {".html", "text/html; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".json", "application/json"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".ico", "image/x-icon"},
    {".woff2", "font/woff2"},
    {".webmanifest", "application/manifest+json"},
}};

constexpr const char* kPolicy =
    "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; font-src 'self'; "
    "img-src 'self' blob: data:; "
    "media-src 'self' blob:; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action "
    "'none'; frame-ancestors 'none'";

std::string_view type_of(std::string_view name) {
  for (const auto& [extension, type] : kTypes) {
    if (name.ends_with(extension)) return type;
  }
  return "application/octet-stream";
}

/// Enough to tell one version of a file from another.
std::string entity_tag(std::string_view bytes) {
  return base::format("\"%016llx\"", static_cast<unsigned long long>(base::fnv1a(bytes)));
}

}  // namespace

std::vector<Route> static_routes(std::span<const EmbeddedFile> files) {
  std::vector<Route> routes;
  for (const EmbeddedFile& file : files) {
    const auto respond = [file, tag = entity_tag(file.bytes)](const Request& request) {
      Response response{.content_type = std::string(type_of(file.name)),
                        .headers = {{"ETag", tag},
                                    {"Cache-Control", "no-cache"},
                                    {"Content-Security-Policy", kPolicy},
                                    {"Referrer-Policy", "no-referrer"},
                                    {"Cross-Origin-Opener-Policy", "same-origin"},
                                    {"Permissions-Policy", "camera=(self), microphone=()"}}};
      const std::string_view known = request.header("if-none-match");
      if (known == "*" || known.find(tag) != std::string_view::npos)
        response.status = 304;
      else
        response.body = file.bytes;
      return response;
    };
    routes.push_back({.method = "GET", .path = "/" + std::string(file.name), .respond = respond});
    if (file.name == "index.html")
      routes.push_back({.method = "GET", .path = "/", .respond = respond});
  }
  return routes;
}

}  // namespace mien::server
