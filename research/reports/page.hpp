#pragma once

#include <string>
#include <string_view>

#include "mien/image.hpp"

// Building blocks of HTML reports: one file, no network, light and dark, printable.
namespace mien::reports {

/// Escapes text for content or a double-quoted attribute.
std::string escape_html(std::string_view text);

/// A complete page; `subtitle` and `body` are HTML.
std::string make_page(const std::string& title, const std::string& subtitle,
                      const std::string& body);

/// A section with heading and link target `id`; `body` is HTML.
std::string section(const std::string& id, const std::string& title, const std::string& body);

/// A figure, such as an <svg> of plots::draw_svg, with a caption (HTML).
std::string figure(const std::string& content, const std::string& caption);

/// An <img> with an embedded PNG; `alternative` is its alt text.
std::string inline_image(const ImageView& image, const std::string& alternative);

}  // namespace mien::reports
