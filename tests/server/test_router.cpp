#include <gtest/gtest.h>

#include "server/router.hpp"

namespace mien::server {
namespace {

Route route(const std::string& method, const std::string& path,
            Route::Access access = Route::Access::kOpen) {
  return {.method = method, .path = path, .access = access, .respond = [](const Request&) {
            return Response{};
          }};
}

int status(const Router& router, const Request& request) {
  const auto response = router.respond_to_head(request);
  return response ? response->status : 0;
}

TEST(Router, FindsByPathAndMethod) {
  const Router router({route("GET", "/a"), route("POST", "/a")}, {});
  EXPECT_EQ(router.find({.method = "POST", .path = "/a"})->method, "POST");
  EXPECT_EQ(router.find({.method = "HEAD", .path = "/a"})->method, "GET");
  EXPECT_EQ(router.find({.method = "GET", .path = "/a/"}), nullptr);
  EXPECT_EQ(status(router, {.method = "GET", .path = "/b"}), 404);
  const auto refused = router.respond_to_head({.method = "PUT", .path = "/a"});
  EXPECT_EQ(refused->status, 405);
  EXPECT_EQ(refused->headers, (Headers{{"Allow", "GET, HEAD, POST"}}));
}

TEST(Router, ComparesContentTypes) {
  Route analyze = route("POST", "/a");
  analyze.content_types = {"image/*", "application/json"};
  const Router router({analyze}, {});
  const auto of = [&](const std::string& type) {
    return status(router, {.method = "POST", .path = "/a", .headers = {{"content-type", type}}});
  };
  EXPECT_EQ(of("image/jpeg"), 0);
  EXPECT_EQ(of("Application/JSON ; charset=utf-8"), 0);
  EXPECT_EQ(of("image"), 415);
  EXPECT_EQ(of("images/jpeg"), 415);
  EXPECT_EQ(of("application/jsonx"), 415);
  EXPECT_EQ(of(""), 0) << "the body decides";
}

TEST(Router, LetsAllowedOriginsReadResponses) {
  const Router router({route("GET", "/a")}, {.allowed_origins = {"*"}});
  Request request{.method = "GET", .path = "/a", .headers = {{"origin", "https://example.org"}}};
  EXPECT_EQ(status(router, request), 0);
  Response response;
  router.allow_origin(request, response);
  EXPECT_EQ(response.headers,
            (Headers{{"Vary", "Origin"}, {"Access-Control-Allow-Origin", "https://example.org"}}));
}

TEST(RespondSafely, TurnsExceptionsIntoErrors) {
  std::string logged;
  const auto answer = [&](const std::function<void()>& fail) {
    Route failing = route("GET", "/a");
    failing.respond = [&](const Request&) { return fail(), Response{}; };
    return respond_safely(failing, {}, [&](const std::string& line) { logged = line; });
  };
  EXPECT_EQ(answer([] { throw Error(ErrorCode::kInvalidArgument, "no"); }).status, 400);
  EXPECT_EQ(answer([] { throw Error(ErrorCode::kUnsupported, "no"); }).status, 415);
  EXPECT_EQ(answer([] { throw Error(ErrorCode::kTooLarge, "no"); }).status, 422);
  EXPECT_EQ(logged, "");
  const Response fault = answer([] { throw std::bad_alloc(); });
  EXPECT_EQ(fault.status, 500);
  EXPECT_EQ(logged, "/a: std::bad_alloc");
  EXPECT_EQ(fault.body.find("bad_alloc"), std::string::npos)
      << "internal errors are only in the log";
}

}  // namespace
}  // namespace mien::server
