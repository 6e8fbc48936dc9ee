#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "server/http.hpp"

namespace mien::server {

/// A file of web/ that lies in the program.
struct EmbeddedFile {
  std::string_view name;  ///< relative to web/: "index.html", "js/camera.js"
  std::string_view bytes;
};

/// All of them; src/server/CMakeLists.txt lists the kinds of files.
std::span<const EmbeddedFile> embedded_files();

/// A GET route for each file ("index.html" is also "/"): content type by its extension, an ETag,
/// 304 for a browser that has it, and a Content-Security-Policy that lets a page load from this
/// server only.
std::vector<Route> static_routes(std::span<const EmbeddedFile> files);

}  // namespace mien::server
