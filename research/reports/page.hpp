#pragma once

#include <string>
#include <string_view>

#include "mien/image.hpp"

// What the HTML pages of this room share: one file, no network, light and dark, and paper.
namespace mien::reports {

/// Text between tags or in an attribute's double quotes.
std::string escape_html(std::string_view text);

/// A whole page: head, style, the title as its heading with `subtitle` (HTML) below it, and the
/// body (HTML).
std::string make_page(const std::string& title, const std::string& subtitle,
                      const std::string& body);

/// A heading with what follows it; `id` is for links.
std::string section(const std::string& id, const std::string& title, const std::string& body);

/// A figure (an <svg> of plots::draw_svg, say) with a caption (HTML) below it.
std::string figure(const std::string& content, const std::string& caption);

/// <img> of the pixels as PNG, within the page itself. `alternative` is for those who cannot see
/// it.
std::string inline_image(const ImageView& image, const std::string& alternative);

}  // namespace mien::reports
