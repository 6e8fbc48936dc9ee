#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "server/http.hpp"

namespace mien::server {

/// A file of web/, compiled into the program.
struct EmbeddedFile {
  std::string_view name;  ///< relative to web/: "index.html", "js/camera.js"
  std::string_view bytes;
};

/// All of them; server/CMakeLists.txt lists the file types.
std::span<const EmbeddedFile> embedded_files();

/// A GET route for each file ("index.html" is also "/"): content type by its extension, an ETag,
/// 304 if the browser has it, and a Content-Security-Policy that allows only this server.
std::vector<Route> static_routes(std::span<const EmbeddedFile> files);

}  // namespace mien::server
