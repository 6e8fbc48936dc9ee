#include "server/http.hpp"

#include <algorithm>
#include <cctype>

#include "server/json.hpp"

namespace mien::server {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

}  // namespace

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
    if (low < 0)
      throw Error(ErrorCode::kInvalidArgument,
                  "invalid URL: '%' must be followed by two hexadecimal digits");
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

std::string_view Request::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

std::string media_type(std::string_view content_type) {
  std::string type(content_type.substr(0, content_type.find(';')));
  while (!type.empty() && type.back() == ' ') type.pop_back();
  std::ranges::transform(type, type.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return type;
}

void parse_target(std::string_view target, Request& request) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!target.starts_with(scheme)) continue;
    const std::size_t slash = target.find('/', scheme.size());
    target = slash == std::string_view::npos ? "/" : target.substr(slash);
  }
  if (!target.starts_with('/'))
    throw Error(ErrorCode::kInvalidArgument, "invalid URL: the path must begin with '/'");
  const std::size_t question = target.find('?');
  request.path = percent_decoded(target.substr(0, question));
  if (question == std::string_view::npos) return;
  std::string_view rest = target.substr(question + 1);
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    if (pair.empty()) continue;
    request.query[percent_decoded(pair.substr(0, equals))] =
        percent_decoded(pair.substr(std::min(equals + 1, pair.size())));
  }
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  return std::ranges::equal(a, b, {}, lower, lower);
}

Response error_response(int status, std::string_view code, std::string_view message,
                        Headers headers) {
  return {.status = status,
          .body = to_text({{"error", error_json(code, message)}}),
          .headers = std::move(headers)};
}

int status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kBadFormat:
      return 400;
    case ErrorCode::kUnsupported:
      return 415;
    case ErrorCode::kTooLarge:
      return 422;
    default:
      return 500;
  }
}

std::string_view code_of(ErrorCode code) {
  if (code == ErrorCode::kInvalidArgument) return "bad_request";
  return status_of(code) == 500 ? "internal" : to_string(code);
}

Response respond_safely(const Route& route, const Request& request,
                        const std::function<void(const std::string&)>& log) {
  std::string fault;
  try {
    return route.respond(request);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kInterrupted)
      return error_response(503, "interrupted", error.what());
    if (status_of(error.code()) != 500)
      return error_response(status_of(error.code()), code_of(error.code()), error.what());
    fault = error.what();
  } catch (const std::exception& error) {
    fault = error.what();
  }
  log(route.path + ": " + fault);
  return error_response(500, "internal", "internal error; see the log of the server");
}

}  // namespace mien::server
