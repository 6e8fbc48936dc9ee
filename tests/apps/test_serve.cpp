#include <algorithm>
#include <future>

#include "apps_support.hpp"
#include "http_client.hpp"
#include "photo_files.hpp"

namespace mien::test {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

const fs::path kDlibFaces = "/usr/share/doc/libdlib19.1/examples/faces";  // libdlib19.1

std::string text_of(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
std::string gradient_png(int width, int height) {
  return text_of(vision::encode_png(gradient(width, height)));
}
std::string code_of(const HttpAnswer& answer) { return Json::parse(answer.body)["error"]["code"]; }

std::string base64(std::string_view bytes) {
  static constexpr char kDigits[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    unsigned bits = 0;
    for (std::size_t j = 0; j < 3; ++j)
      bits = bits << 8 | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0U);
    for (std::size_t j = 0; j < 4; ++j)
      out += i + j > bytes.size() ? '=' : kDigits[bits >> (18 - 6 * j) & 63];
  }
  return out;
}

class Serve : public testing::Test {
 protected:
  void SetUp() override { MIEN_SKIP_WITHOUT(default_model()); }
};

class ServePhotos : public Serve {
 protected:
  void SetUp() override {
    Serve::SetUp();
    MIEN_SKIP_WITHOUT(kAstronaut);
    astronaut_ = base::read_text(kAstronaut);
  }
  std::string astronaut_;
};

TEST_F(ServePhotos, ReturnsWhatPredictPrints) {
  const Json predicted = Json::parse(mien({"predict", "--format", "json", kAstronaut}).out)[0];
  const Server server;
  const HttpAnswer answer = server.ask(image_request(astronaut_));
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.headers.at("content-type"), "application/json");
  EXPECT_EQ(answer.headers.at("cache-control"), "no-store");
  const Json json = Json::parse(answer.body);
  EXPECT_TRUE(json["model"] == "mien" || json["model"] == "mien-int8")
      << json["model"];  // by the CPU
  EXPECT_EQ(json["labels"].size(), 7U);
  EXPECT_EQ(json["provenance"]["model"], json["model"]);
  EXPECT_EQ(json["provenance"]["model_hash"].get<std::string>().size(), 16U);
  EXPECT_GT(json["milliseconds"], 0);
  ASSERT_EQ(json["results"].size(), 1U);
  const Json& result = json["results"][0];
  EXPECT_EQ(result["name"], "image");
  EXPECT_EQ(result["width"], 512);
  EXPECT_EQ(result["height"], 512);
  EXPECT_EQ(result["faces"], predicted["faces"]);
  EXPECT_EQ(result["faces"][0]["emotion"], "happy");
}

TEST_F(ServePhotos, AcceptsBytesFormsAndJson) {
  const Server server;
  const Json expected =
      Json::parse(server.ask(image_request(astronaut_)).body)["results"][0]["faces"];
  const Json form = Json::parse(
      server.ask(form_request({{"a.png", astronaut_}, {"b c.png", gradient_png(300, 200)}}))
          .body)["results"];
  ASSERT_EQ(form.size(), 2U);
  EXPECT_EQ(form[0]["name"], "a.png");
  EXPECT_EQ(form[0]["faces"], expected);
  EXPECT_EQ(form[1]["name"], "b c.png");
  EXPECT_EQ(form[1]["faces"], Json::array());
  const Json images = {{"images",
                        {{{"name", "x"}, {"data", base64(astronaut_)}},
                         {{"data", "data:image/png;base64," + base64(astronaut_)}}}}};
  const Json json = Json::parse(
      server
          .ask(http_request("POST", "/v1/analyze",
                            {"Content-Type: application/json; charset=utf-8"}, images.dump()))
          .body)["results"];
  ASSERT_EQ(json.size(), 2U);
  EXPECT_EQ(json[0]["name"], "x");
  EXPECT_EQ(json[0]["faces"], expected);
  EXPECT_EQ(json[1]["name"], "image 2");
  EXPECT_EQ(json[1]["faces"], expected);
}

/// What other clients send, and can mean only one thing.
TEST_F(ServePhotos, AcceptsUnambiguousRequests) {
  const Server server;
  const Json expected =
      Json::parse(server.ask(image_request(astronaut_)).body)["results"][0]["faces"];
  const auto post = [&](const std::vector<std::string>& headers, const std::string& body) {
    const HttpAnswer answer = server.ask(http_request("POST", "/v1/analyze", headers, body));
    EXPECT_EQ(answer.status, 200) << answer.body;
    return Json::parse(answer.body)["results"];
  };
  EXPECT_EQ(post({}, astronaut_)[0]["faces"], expected) << "no Content-Type";
  EXPECT_EQ(post({"Content-Type: application/x-www-form-urlencoded"}, astronaut_)[0]["faces"],
            expected)
      << "curl --data-binary";
  std::string lines = base64(astronaut_), url = lines;
  for (std::size_t i = 76; i < lines.size(); i += 78) lines.insert(i, "\r\n");
  std::ranges::replace(url, '+', '-');
  std::ranges::replace(url, '/', '_');
  while (url.ends_with('=')) url.pop_back();
  const Json images = {{"images", {{{"data", lines}}, {{"data", url}}}}};
  const Json results = post({"Content-Type: application/json"}, images.dump());
  EXPECT_EQ(results[0]["faces"], expected) << "line breaks";
  EXPECT_EQ(results[1]["faces"], expected) << "URL alphabet without padding";
  const auto part = [&](const std::string& headers) {
    return "--b\r\n" + headers + "\r\n\r\n" + astronaut_ + "\r\n";
  };
  const Json form = post(
      {"Content-Type: multipart/form-data; boundary=b"},
      part("Content-Disposition: form-data; name=\"a\"; filename*=UTF-8''na%C3%AFve.png") +
          part("Content-Disposition: form-data; name=\"b\"\r\nContent-Type: image/png") + "--b--");
  ASSERT_EQ(form.size(), 2U);
  EXPECT_EQ(form[0]["name"], "na\xC3\xAFve.png");
  EXPECT_EQ(form[0]["faces"], expected);
  EXPECT_EQ(form[1]["name"], "image 2");
  EXPECT_EQ(form[1]["faces"], expected);
}

TEST_F(ServePhotos, FollowsPeopleInALiveSession) {
  const Server server;
  const auto frame = [&](const std::string& session, double time, const std::string& image) {
    const HttpAnswer answer = server.ask(image_request(
        image, {}, "/v1/analyze?session=" + session + "&time=" + base::format("%.3f", time)));
    EXPECT_EQ(answer.status, 200) << answer.body;
    return Json::parse(answer.body)["results"][0];
  };
  const std::string first = "session-of-the-test", second = "another-session-1";
  const bool detected[] = {true, false, false, true};  // every third frame, as in mien video
  for (int i = 0; i < 4; ++i) {
    const Json result = frame(first, 0.05 * i, astronaut_);
    EXPECT_EQ(result["frame"], i + 1);
    EXPECT_EQ(result["width"], 512);
    ASSERT_EQ(result["faces"].size(), 1U);
    EXPECT_EQ(result["faces"][0]["track"], 1);
    EXPECT_EQ(result["faces"][0]["detected"], detected[i]) << i;
    EXPECT_EQ(result["faces"][0]["emotion"], "happy");
  }
  EXPECT_EQ(frame(second, 0, gradient_png(300, 200))["frame"], 1);
  EXPECT_EQ(frame(first, 0.2, astronaut_)["frame"], 5);
  EXPECT_EQ(server.metric("mien_sessions"), 2);
  // Out of sight for longer than two seconds: a new person.
  for (int i = 1; i <= 6; ++i) frame(first, 0.2 + 0.5 * i, gradient_png(512, 512));
  EXPECT_EQ(frame(first, 3.5, astronaut_)["faces"][0]["track"], 2);
  const Json photo = Json::parse(server.ask(image_request(astronaut_)).body)["results"][0];
  EXPECT_FALSE(photo.contains("frame"));
  EXPECT_FALSE(photo["faces"][0].contains("track"));
}

TEST_F(ServePhotos, ChecksTheParametersOfALiveSession) {
  const Server server;
  const auto ask = [&](const std::string& query) {
    const HttpAnswer answer = server.ask(image_request(astronaut_, {}, "/v1/analyze?" + query));
    EXPECT_EQ(answer.status, 400) << query << answer.body;
    return answer.body;
  };
  const std::string session = "session=session-of-the-test";
  EXPECT_NE(ask(session).find("'time'"), std::string::npos);
  EXPECT_NE(ask("time=1").find("'session'"), std::string::npos);
  EXPECT_NE(ask("session=short&time=1").find("session"), std::string::npos);
  EXPECT_NE(ask("session=" + std::string(65, 'a') + "&time=1").find("session"), std::string::npos);
  EXPECT_NE(ask("session=no%20spaces%20please&time=1").find("session"), std::string::npos);
  for (const char* time : {"", "x", "-1", "nan", "inf", "1e10", "1s"})
    EXPECT_NE(ask(session + "&time=" + time).find("time"), std::string::npos) << time;
  EXPECT_NE(ask(session + "&time=1&faces=one").find("faces"), std::string::npos);
  EXPECT_EQ(server
                .ask(form_request({{"a", astronaut_}, {"b", astronaut_}},
                                  "/v1/analyze?" + session + "&time=1"))
                .status,
            400);
  EXPECT_EQ(server.metric("mien_sessions"), 0);
}

TEST_F(ServePhotos, RequiresExactlyOneFaceIfAsked) {
  const Server server;
  EXPECT_EQ(server.ask(image_request(astronaut_, {}, "/v1/analyze?faces=one")).status, 200);
  const HttpAnswer none =
      server.ask(image_request(gradient_png(200, 200), {}, "/v1/analyze?faces=one"));
  EXPECT_EQ(none.status, 422);
  EXPECT_EQ(code_of(none), "rejected");
  EXPECT_EQ(Json::parse(none.body)["results"][0]["error"]["message"], "no face found");
  EXPECT_EQ(server.ask(image_request(astronaut_, {}, "/v1/analyze?faces=two")).status, 400);
  EXPECT_EQ(server.ask(image_request(astronaut_, {}, "/v1/analyze?face=one")).status, 400);
}

TEST_F(ServePhotos, ExplainsAFace) {
  const Server server;
  const auto explain = [&](const std::string& query) {
    return server.ask(
        http_request("POST", "/v1/explain" + query, {"Content-Type: image/png"}, astronaut_));
  };
  const HttpAnswer answer = explain("");
  ASSERT_EQ(answer.status, 200) << answer.body;
  const Json json = Json::parse(answer.body);
  EXPECT_EQ(json["face"], 1);
  EXPECT_EQ(json["emotion"], "happy");
  EXPECT_TRUE(json["crop"].get<std::string>().starts_with("data:image/png;base64,iVBOR"))
      << answer.body.substr(0, 300);
  for (const char* map : {"grad_cam", "occlusion"}) {
    EXPECT_GT(json[map]["largest"], 0) << map;
    EXPECT_EQ(json[map]["map"].size(), json[map]["map"][0].size()) << map;
  }
  EXPECT_EQ(Json::parse(explain("?emotion=sad").body)["emotion"], "sad");
  EXPECT_EQ(explain("?emotion=bored").status, 400);
  EXPECT_EQ(explain("?face=0").status, 400);
  const HttpAnswer absent = explain("?face=2");
  EXPECT_EQ(absent.status, 400);
  EXPECT_NE(absent.body.find("no face 2"), std::string::npos) << absent.body;
}

TEST_F(ServePhotos, ABadImageDoesNotAffectTheOthers) {
  const Server server;
  const HttpAnswer answer = server.ask(
      form_request({{"notes.txt", "It was a dark and stormy night."}, {"a.png", astronaut_}}));
  EXPECT_EQ(answer.status, 200);
  const Json results = Json::parse(answer.body)["results"];
  EXPECT_EQ(results[0]["error"]["code"], "bad_format");
  EXPECT_EQ(results[1]["faces"].size(), 1U);
  EXPECT_EQ(server.metric("mien_images_total{result=\"ok\"}"), 1);
  EXPECT_EQ(server.metric("mien_images_total{result=\"error\"}"), 1);
}

/// Eight clients at once, each with images of its own: every answer must be the one of its
/// image.
TEST_F(ServePhotos, DoesNotMixUpResponses) {
  std::vector<fs::path> photos{kAstronaut};
  if (fs::exists(kDlibFaces)) {
    for (const fs::directory_entry& entry : fs::directory_iterator(kDlibFaces)) {
      if (entry.path().extension() == ".jpg") photos.push_back(entry.path());
    }
  }
  std::vector<std::string> images{gradient_png(64, 48)};
  std::vector<Json> expected{Json::array()};
  for (const fs::path& photo : photos) {
    images.push_back(base::read_text(photo));
    expected.push_back(Json::parse(mien({"predict", "--format", "json", photo}).out)[0]["faces"]);
  }
  const Server server({"--threads", "3"});
  const auto client = [&](std::size_t first) {
    HttpConnection connection = server.connect();
    int right = 0;
    for (std::size_t i = 0; i < 10; ++i) {
      const std::size_t which = (first + i * 7) % images.size();
      const auto answer = connection.ask(image_request(images[which]));
      if (answer && answer->status == 200 &&
          Json::parse(answer->body)["results"][0]["faces"] == expected[which])
        ++right;
    }
    return right;
  };
  std::vector<std::future<int>> clients;
  for (std::size_t c = 0; c < 8; ++c) clients.push_back(std::async(std::launch::async, client, c));
  for (std::future<int>& right : clients) EXPECT_EQ(right.get(), 10);
}

TEST_F(ServePhotos, StoresNoImage) {
  Server server;
  EXPECT_EQ(
      server
          .ask(form_request({{"my secret.png", astronaut_}, {"big.png", gradient_png(4000, 3000)}}))
          .status,
      200);
  EXPECT_TRUE(fs::is_empty(server.folder()));
  server.send(SIGTERM);
  const ProcessResult result = server.wait();
  EXPECT_EQ(result.error, "");
  EXPECT_EQ(std::ranges::count(server.printed(), '\n'), 1) << server.printed();
  EXPECT_TRUE(fs::is_empty(server.folder()));
}

TEST_F(Serve, ReportsModelsAndStates) {
  const Server server({"--max-images", "5"});
  const Json models = Json::parse(server.get("/v1/models").body);
  EXPECT_TRUE(models["models"][0]["name"] == "mien" || models["models"][0]["name"] == "mien-int8");
  EXPECT_EQ(models["models"][0]["detector"], "hog");
  EXPECT_EQ(models["models"][0]["labels"].size(), 7U);
  EXPECT_EQ(models["models"][0]["min_confidence"], 0.4);
  EXPECT_EQ(models["limits"]["images"], 5);
  EXPECT_EQ(models["limits"]["body_bytes"], 32 << 20);
  EXPECT_EQ(server.get("/healthz").body, "{\"status\": \"ok\"}\n");
  EXPECT_EQ(server.get("/readyz").body, "{\"status\": \"ready\"}\n");
}

TEST_F(ServePhotos, CountsForPrometheus) {
  const Server server;
  server.ask(image_request(astronaut_));
  server.get("/nothing");
  EXPECT_EQ(server.metric("mien_requests_total{route=\"/v1/analyze\",status=\"200\"}"), 1);
  EXPECT_EQ(server.metric("mien_request_seconds_bucket{route=\"/v1/analyze\",le=\"+Inf\"}"), 1);
  EXPECT_EQ(server.metric("mien_requests_total{route=\"other\",status=\"404\"}"), 1);
  EXPECT_EQ(server.metric("mien_faces_total{emotion=\"happy\"}"), 1);
  EXPECT_EQ(server.metric("mien_queue_length"), 0);
  EXPECT_EQ(server.metric("mien_queue_capacity"), 64);
  EXPECT_GT(server.metric("process_resident_memory_bytes"), 1e6);
  EXPECT_EQ(server.get("/metrics").headers.at("content-type"),
            "text/plain; version=0.0.4; charset=utf-8");
}

TEST_F(Serve, ServesThePage) {
  const Server server;
  const HttpAnswer page = server.get("/");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.headers.at("content-type"), "text/html; charset=utf-8");
  EXPECT_EQ(page.body, base::read_text(fs::path(MIEN_SOURCE_DIR) / "web/index.html"));
  const std::string& policy = page.headers.at("content-security-policy");
  EXPECT_TRUE(policy.starts_with("default-src 'none'; script-src 'self';")) << policy;
  EXPECT_EQ(policy.find("unsafe"), std::string::npos);
  const std::string tag = page.headers.at("etag");
  const HttpAnswer again = server.ask(http_request("GET", "/", {"If-None-Match: " + tag}));
  EXPECT_EQ(again.status, 304);
  EXPECT_EQ(again.body, "");
  EXPECT_EQ(server.ask(http_request("GET", "/", {"If-None-Match: \"old\""})).status, 200);
  for (const fs::directory_entry& entry :
       fs::recursive_directory_iterator(fs::path(MIEN_SOURCE_DIR) / "web")) {
    if (entry.path().extension() != ".js") continue;
    const std::string path =
        "/" + entry.path().lexically_relative(fs::path(MIEN_SOURCE_DIR) / "web").string();
    EXPECT_EQ(server.get(path).headers["content-type"], "text/javascript; charset=utf-8") << path;
  }
}

TEST_F(Serve, RequiresTheToken) {
  const TemporaryDir folder;
  base::write_file(folder / "token", "s3cret\n");
  const Server server({"--token-file", folder / "token"});
  const auto models = [&](const std::vector<std::string>& headers) {
    return server.ask(http_request("GET", "/v1/models", headers));
  };
  EXPECT_EQ(models({"Authorization: Bearer s3cret"}).status, 200);
  EXPECT_EQ(models({"Authorization: bearer s3cret"}).status, 200);
  const HttpAnswer refused = models({});
  EXPECT_EQ(refused.status, 401);
  EXPECT_EQ(refused.headers.at("www-authenticate"), "Bearer");
  EXPECT_EQ(code_of(refused), "unauthorized");
  for (const char* wrong : {"Bearer s3cre", "Bearer s3cret2", "Bearer ", "Bearer", "Basic s3cret",
                            "s3cret", "Bearer s3creT"}) {
    EXPECT_EQ(models({std::string("Authorization: ") + wrong}).status, 401) << wrong;
  }
  EXPECT_EQ(server.get("/metrics").status, 401);
  EXPECT_EQ(server.ask(image_request("x")).status, 401);
  EXPECT_EQ(server.get("/").status, 200);
  EXPECT_EQ(server.get("/healthz").status, 200);
}

TEST_F(Serve, RefusesOtherOriginsUnlessAllowed) {
  const auto from = [](const std::string& origin) {
    return http_request("GET", "/v1/models", {"Origin: " + origin});
  };
  const Server closed;
  EXPECT_EQ(closed.ask(from("http://localhost")).status, 200);
  EXPECT_EQ(closed.ask(from("https://example.org")).status, 403);
  EXPECT_EQ(closed.ask(from("null")).status, 403);
  EXPECT_FALSE(closed.get("/v1/models").headers.contains("access-control-allow-origin"));
  const Server open({"--allow-origin", "https://a.org, https://example.org"});
  const HttpAnswer answer = open.ask(from("https://example.org"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.headers.at("access-control-allow-origin"), "https://example.org");
  EXPECT_EQ(answer.headers.at("vary"), "Origin");
  EXPECT_EQ(open.ask(from("https://example.com")).status, 403);
  const HttpAnswer preflight = open.ask(
      http_request("OPTIONS", "/v1/analyze",
                   {"Origin: https://example.org", "Access-Control-Request-Method: POST"}));
  EXPECT_EQ(preflight.status, 204);
  EXPECT_EQ(preflight.headers.at("access-control-allow-origin"), "https://example.org");
  EXPECT_EQ(preflight.headers.at("access-control-allow-methods"), "POST");
  EXPECT_EQ(preflight.headers.at("access-control-allow-headers"), "Authorization, Content-Type");
}

TEST_F(ServePhotos, DescribesItselfInValidOpenApi) {
  if (!python_has(python(), "openapi_spec_validator"))
    GTEST_SKIP() << "no Python with openapi-spec-validator (MIEN_PYTHON)";
  const Server server;
  const TemporaryDir folder;
  base::write_file(folder / "openapi.json", server.get("/openapi.json").body);
  base::write_file(folder / "Analysis.json",
                   server.ask(form_request({{"a", astronaut_}, {"b", "no image"}})).body);
  base::write_file(folder / "Failure.json", server.ask(image_request("no image")).body);
  base::write_file(
      folder / "Explanation.json",
      server.ask(http_request("POST", "/v1/explain", {"Content-Type: image/png"}, astronaut_))
          .body);
  base::write_file(
      folder / "Analysis2.json",
      server.ask(image_request(astronaut_, {}, "/v1/analyze?session=session-of-the-test&time=0"))
          .body);
  base::write_file(folder / "Models.json", server.get("/v1/models").body);
  base::write_file(folder / "Status.json", server.get("/readyz").body);
  const ProcessResult result =
      run({.program = python(),
           .arguments = {MIEN_SOURCE_DIR "/tests/apps/check_openapi.py", folder.path()}});
  EXPECT_EQ(result.exit_code, 0) << result.out << result.error;
  // Every path is there, and every route of the server in it.
  const Json paths = Json::parse(base::read_text(folder / "openapi.json"))["paths"];
  for (const auto& [path, methods] : paths.items()) {
    for (const auto& [method, description] : methods.items()) {
      const int status =
          server
              .ask(http_request(method == "get" ? "GET" : "POST", path,
                                {"Content-Type: text/plain"}, method == "get" ? "" : "x"))
              .status;
      EXPECT_EQ(status, method == "get" ? 200 : 415) << path;
    }
  }
}

TEST_F(Serve, ReportsErrorsInTheCommandLine) {
  const Server server;
  const ProcessResult taken = mien({"serve", "--port", std::to_string(server.port())});
  EXPECT_EQ(taken.exit_code, 1);
  EXPECT_NE(taken.error.find("127.0.0.1:" + std::to_string(server.port())), std::string::npos)
      << taken.error;
  EXPECT_EQ(mien({"serve", "photo.jpg"}).exit_code, 2);
  EXPECT_EQ(mien({"serve", "--port", "70000"}).exit_code, 2);
  for (const char* origins : {"https://a.example/", "a.example",
                              "https://a.example,https://b.example/page", "https://"}) {
    const ProcessResult wrong = mien({"serve", "--port", "0", "--allow-origin", origins});
    EXPECT_EQ(wrong.exit_code, 2) << origins;
    EXPECT_NE(wrong.error.find("--allow-origin"), std::string::npos) << wrong.error;
  }
  const TemporaryDir folder;
  base::write_file(folder / "token", "\n");
  EXPECT_EQ(mien({"serve", "--token-file", folder / "token"}).exit_code, 2);
  EXPECT_EQ(mien({"serve", "--token-file", folder / "missing"}).exit_code, 1);
  expect_golden("help_serve.txt", mien({"serve", "--help"}).out);
}

}  // namespace
}  // namespace mien::test
