#include "server/multipart.hpp"

#include <algorithm>

#include "base/file.hpp"
#include "mien/error.hpp"
#include "server/http.hpp"

namespace mien::server {
namespace {

constexpr std::size_t kPartHeadBytes = 8 << 10;

[[noreturn]] void malformed(const std::string& what) {
  throw Error(ErrorCode::kInvalidArgument, "multipart/form-data: " + what);
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// The value of one of a part's headers, which are lines that end with CR LF.
std::string_view part_header(std::string_view head, std::string_view name) {
  while (!head.empty()) {
    const std::string_view line = head.substr(0, head.find("\r\n"));
    head.remove_prefix(std::min(head.size(), line.size() + 2));
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos && equal_ignoring_case(line.substr(0, colon), name))
      return trimmed(line.substr(colon + 1));
  }
  return {};
}

/// "UTF-8''na%C3%AFve.jpg" (RFC 8187) is "naïve.jpg"; anything else is itself.
std::string extended_value(const std::string& text) {
  const std::size_t language = text.find('\'');
  const std::size_t value =
      language == std::string::npos ? language : text.find('\'', language + 1);
  return value == std::string::npos ? text : percent_decoded(text.substr(value + 1));
}

std::string file_name(std::string_view disposition) {
  const std::string extended = header_parameter(disposition, "filename*");
  return extended.empty() ? header_parameter(disposition, "filename") : extended_value(extended);
}

}  // namespace

std::string header_parameter(std::string_view header, std::string_view name) {
  std::size_t at = header.find(';');
  while (at < header.size()) {
    const std::size_t equals = header.find('=', at);
    if (equals == std::string_view::npos) break;
    const bool found = equal_ignoring_case(trimmed(header.substr(at + 1, equals - at - 1)), name);
    std::string value;
    std::size_t i = equals + 1;
    if (i < header.size() && header[i] == '"') {
      for (++i; i < header.size() && header[i] != '"'; ++i) {
        if (header[i] == '\\' && i + 1 < header.size() &&
            (header[i + 1] == '"' || header[i + 1] == '\\'))
          ++i;
        value += header[i];
      }
      at = header.find(';', i);
    } else {
      at = header.find(';', i);
      value = trimmed(header.substr(i, std::min(at, header.size()) - i));
    }
    if (found) return value;
  }
  return "";
}

std::vector<Part> parse_multipart(std::string_view content_type, std::string_view body,
                                  std::size_t max_parts) {
  const std::string boundary = header_parameter(content_type, "boundary");
  if (boundary.empty() || boundary.size() > 70)
    malformed("the Content-Type header must have a boundary of 1 to 70 characters");
  const std::string delimiter = "\r\n--" + boundary;
  // The first one needs no line break before it.
  const std::string_view first = std::string_view(delimiter).substr(2);
  std::size_t at = body.starts_with(first) ? first.size() : body.find(delimiter);
  if (at == std::string_view::npos)
    malformed("the body does not have the boundary of the Content-Type header");
  if (at != first.size() || !body.starts_with(first)) at += delimiter.size();

  std::vector<Part> parts;
  while (!body.substr(at).starts_with("--")) {
    while (at < body.size() && (body[at] == ' ' || body[at] == '\t')) ++at;
    if (!body.substr(at).starts_with("\r\n"))
      malformed("a boundary must be followed by a line break");
    if (parts.size() == max_parts) malformed(base::format("more than %zu parts", max_parts));
    const std::size_t head_end = body.substr(at, kPartHeadBytes).find("\r\n\r\n");
    if (head_end == std::string_view::npos)
      malformed(base::format("the headers of part %zu have more than %zu bytes", parts.size() + 1,
                             kPartHeadBytes));
    const std::string_view head = body.substr(at + 2, head_end);
    const std::size_t begin = at + head_end + 4;
    const std::size_t end = body.find(delimiter, begin);
    if (end == std::string_view::npos)
      malformed(base::format("part %zu is truncated: no boundary after it", parts.size() + 1));
    const std::string_view disposition = part_header(head, "content-disposition");
    parts.push_back({header_parameter(disposition, "name"), file_name(disposition),
                     media_type(part_header(head, "content-type")),
                     body.substr(begin, end - begin)});
    at = end + delimiter.size();
  }
  return parts;
}

}  // namespace mien::server
