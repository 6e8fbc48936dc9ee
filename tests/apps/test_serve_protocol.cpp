// Requests that are malformed, too large or too slow, too many clients, and clients that leave.
#include <sys/stat.h>

#include <future>
#include <random>

#include "apps_support.hpp"
#include "http_client.hpp"
#include "photo_files.hpp"

namespace mien::test {
namespace {

using Json = nlohmann::json;

std::string text_of(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
std::string gradient_png(int width, int height) {
  return text_of(vision::encode_png(gradient(width, height)));
}

int status_of(const std::optional<HttpAnswer>& answer) { return answer ? answer->status : 0; }
std::string code_of(const HttpAnswer& answer) { return Json::parse(answer.body)["error"]["code"]; }

class ServeProtocol : public testing::Test {
 protected:
  void SetUp() override { MIEN_SKIP_WITHOUT(default_model()); }
};

TEST_F(ServeProtocol, RefusesByTheHeadersAlone) {
  const Server server({"--max-body", "1"});
  // No byte of the body is sent: the answer must come without it.
  const auto head = [&](const std::string& lines) {
    return server.ask("POST /v1/analyze HTTP/1.1\r\nHost: x\r\n" + lines + "\r\n");
  };
  const HttpAnswer large = head("Content-Type: image/jpeg\r\nContent-Length: 1048577\r\n");
  EXPECT_EQ(large.status, 413);
  EXPECT_EQ(code_of(large), "body_too_large");
  EXPECT_EQ(large.headers.at("connection"), "close");
  EXPECT_EQ(head("Content-Type: image/jpeg\r\nContent-Length: 99999999999999999\r\n").status, 413);
  const HttpAnswer type = head("Content-Type: text/html\r\nContent-Length: 10\r\n");
  EXPECT_EQ(type.status, 415);
  EXPECT_EQ(code_of(type), "unsupported");
  for (const char* word : {"text/html", "image/*", "multipart/form-data", "application/json"})
    EXPECT_NE(type.body.find(word), std::string::npos) << type.body;
  const HttpAnswer encoded =
      head("Content-Type: image/jpeg\r\nContent-Encoding: gzip\r\nContent-Length: 10\r\n");
  EXPECT_EQ(encoded.status, 415);
  EXPECT_NE(encoded.body.find("'gzip'"), std::string::npos);
  const HttpAnswer method = server.get("/v1/analyze");
  EXPECT_EQ(method.status, 405);
  EXPECT_EQ(method.headers.at("allow"), "POST");
  EXPECT_EQ(server.get("/v1/nothing").status, 404);
  EXPECT_EQ(server.get("/../etc/passwd").status, 404);
}

TEST_F(ServeProtocol, LimitsABodyWithoutALength) {
  const Server server({"--max-body", "1"});
  HttpConnection connection = server.connect();
  connection.send(
      "POST /v1/analyze HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nTransfer-Encoding: "
      "chunked\r\n\r\n");
  const std::string chunk = "10000\r\n" + std::string(0x10000, 'x') + "\r\n";
  for (int i = 0; i < 20; ++i) {
    if (!connection.send(chunk)) break;
  }
  EXPECT_EQ(status_of(connection.receive()), 413);
  const std::string image = gradient_png(100, 100);
  EXPECT_EQ(server
                .ask("POST /v1/analyze HTTP/1.1\r\nHost: x\r\nContent-Type: "
                     "image/png\r\nTransfer-Encoding: chunked\r\n\r\n" +
                     base::format("%zx\r\n", image.size()) + image + "\r\n0\r\n\r\n")
                .status,
            200);
}

TEST_F(ServeProtocol, RefusesPixelsByTheImagesHeader) {
  const Server server({"--max-pixels", "1"});
  const HttpAnswer huge = server.ask(image_request(text_of(png_claiming(30000, 30000))));
  EXPECT_EQ(huge.status, 422);
  EXPECT_EQ(code_of(huge), "too_large");
  EXPECT_EQ(server.ask(image_request(text_of(png_claiming(1001, 1000)))).status, 422);
  EXPECT_EQ(server.ask(image_request(gradient_png(1000, 1000))).status, 200);
}

TEST_F(ServeProtocol, NamesTheImageFormat) {
  const Server server;
  const HttpAnswer gif = server.ask(image_request("GIF89a" + std::string(100, 'x')));
  EXPECT_EQ(gif.status, 415);
  EXPECT_EQ(code_of(gif), "unsupported");
  EXPECT_NE(gif.body.find("GIF"), std::string::npos);
  const std::string jpeg = text_of(vision::encode_jpeg(gradient(320, 240), 90));
  const HttpAnswer cut =
      server.ask(image_request(std::string_view(jpeg).substr(0, jpeg.size() / 2)));
  EXPECT_EQ(cut.status, 400);
  EXPECT_EQ(code_of(cut), "bad_format");
}

TEST_F(ServeProtocol, ExplainsAMalformedBody) {
  const Server server({"--max-images", "2"});
  const auto json = [&](const std::string& body) {
    return server.ask(
        http_request("POST", "/v1/analyze", {"Content-Type: application/json"}, body));
  };
  const auto expect_message = [](const HttpAnswer& answer, const std::vector<std::string>& words) {
    EXPECT_EQ(answer.status, 400) << answer.body;
    EXPECT_EQ(code_of(answer), "bad_request");
    const std::string message = Json::parse(answer.body)["error"]["message"];
    for (const std::string& word : words)
      EXPECT_NE(message.find(word), std::string::npos) << message << " has no " << word;
  };
  expect_message(json(R"({"images": [{"data": "!"}]})"), {"images[0].data", "base64"});
  expect_message(json(R"({"images": [{"name": "a"}]})"), {"images[0]", "'data'"});
  expect_message(json(R"({"images": [{"data": 7}]})"), {"images[0].data", "string"});
  expect_message(json(R"({"photos": []})"), {"'photos'"});
  expect_message(json(R"({"images": []})"), {"no image"});
  expect_message(json("{\"images\": [{},{\""), {"images[0]", "'data'"});
  expect_message(json("{\"images\": ["), {"byte 13"});
  expect_message(json(R"({"images": [{"data":""},{"data":""},{"data":""}]})"), {"2 images"});
  EXPECT_EQ(json(std::string(1 << 20, '[')).status, 400);
  EXPECT_EQ(json(R"({"images": [{"data":""}]})").status, 400);
  // The forms of other tools: the message shows the right one.
  for (const char* other : {R"({"img": "data:image/png;base64,Zg=="})", R"(["Zg=="])",
                            R"({"images": ["Zg=="]})", R"({"image": {"bytes": "Zg=="}})"})
    expect_message(json(other), {R"({"images": [{"name")", R"("data")"});
  const HttpAnswer form = server.ask(http_request("POST", "/v1/analyze",
                                                  {"Content-Type: multipart/form-data; boundary=b"},
                                                  "--b\r\n\r\nnever ends"));
  expect_message(form, {"multipart/form-data", "part 1", "truncated"});
  EXPECT_EQ(server.ask(image_request("")).status, 400);
}

TEST_F(ServeProtocol, RefusesWhatIsNotHttp) {
  const Server server;
  for (const std::string& bytes :
       {std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11),
        std::string("hello\r\n\r\n"), std::string("GET / HTTP/7.7\r\n\r\n"),
        std::string("GET / HTTP/1.1\r\n\r\n"), std::string("GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n"),
        std::string("GET nowhere HTTP/1.1\r\nHost: x\r\n\r\n"),
        std::string("GET / HTTP/1.1\r\nHost: x\r\nbad header\r\n\r\n"),
        std::string("POST /v1/analyze HTTP/1.1\r\nHost: x\r\nContent-Type: "
                    "image/png\r\nContent-Length: -1\r\n\r\n"),
        std::string("POST /v1/analyze HTTP/1.1\r\nHost: x\r\nContent-Type: "
                    "image/png\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n"),
        std::string("POST /v1/analyze HTTP/1.1\r\nHost: x\r\nContent-Type: "
                    "image/png\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"),
        std::string("POST /v1/analyze HTTP/1.1\r\nHost: x\r\nContent-Type: "
                    "image/png\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"),
        "POST /v1/analyze HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nTransfer-Encoding: "
        "gzip\r\n\r\n" +
            http_request("GET", "/healthz"),
        std::string("GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n")}) {
    HttpConnection connection = server.connect();
    const auto answer = connection.ask(bytes);
    EXPECT_EQ(status_of(answer), 400) << bytes;
    EXPECT_TRUE(connection.closed()) << bytes;
  }
  EXPECT_EQ(server.ask(http_request("GET", "/healthz", {"X: " + std::string(20000, 'x')})).status,
            431);
  EXPECT_EQ(server.get("/healthz").status, 200);
}

TEST_F(ServeProtocol, SurvivesAnyBytes) {
  const Server server;
  std::mt19937 random(7);
  const std::string whole = form_request({{"a.png", gradient_png(40, 40)}});
  for (int round = 0; round < 150; ++round) {
    std::string bytes = whole.substr(0, 1 + random() % whole.size());
    for (unsigned change = random() % 8; change > 0; --change)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    if (round % 3 == 0) {
      for (char& byte : bytes) byte = static_cast<char>(random());
    }
    HttpConnection connection = server.connect();
    connection.send(bytes);
    if (round % 2 == 0) connection.finish_sending();
    if (round % 4 == 0) connection.receive();
  }
  EXPECT_EQ(server.ask(whole).status, 200);
  EXPECT_TRUE(eventually([&] { return server.metric("mien_connections") == 1; }));
}

TEST_F(ServeProtocol, KeepsAConnectionAndTheOrderOfItsRequests) {
  const Server server;
  HttpConnection connection = server.connect();
  connection.send(
      image_request(gradient_png(200, 100)) + http_request("GET", "/healthz") +
      http_request("HEAD", "/healthz") +
      "GET http://localhost/readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  const auto first = connection.receive();
  ASSERT_EQ(status_of(first), 200);
  EXPECT_EQ(Json::parse(first->body)["results"][0]["width"], 200);
  EXPECT_EQ(connection.receive()->body, "{\"status\": \"ok\"}\n");
  const auto head = connection.receive(true);
  ASSERT_EQ(status_of(head), 200);
  EXPECT_EQ(head->headers.at("content-length"), "17");
  EXPECT_EQ(connection.receive()->body, "{\"status\": \"ready\"}\n");
  EXPECT_TRUE(connection.closed());
}

TEST_F(ServeProtocol, SendsContinue) {
  const Server server;
  HttpConnection connection = server.connect();
  const std::string image = gradient_png(50, 50);
  for (const char* word : {"100-continue", "100-Continue"}) {
    connection.send(
        base::format("POST /v1/analyze HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nExpect: "
                     "%s\r\nContent-Length: %zu\r\n\r\n",
                     word, image.size()));
    EXPECT_EQ(status_of(connection.receive()), 100);
    EXPECT_EQ(status_of(connection.ask(image)), 200);
  }
}

TEST_F(ServeProtocol, EveryWaitHasATimeout) {
  const Server server({"--timeout", "0.3", "--idle-timeout", "0.3"});
  HttpConnection silent = server.connect(), slow_head = server.connect(),
                 slow_body = server.connect(), deaf = server.connect();
  slow_head.send("POST /v1/analyze HTTP/1.1\r\nHost");
  slow_body.send(
      "POST /v1/analyze HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nContent-Length: "
      "100\r\n\r\nhalf");
  const auto ask_and_never_read = std::async(std::launch::async, [&] {
    std::string requests;
    for (int i = 0; i < 2000; ++i)
      requests += http_request("GET", "/openapi.json");  // the answers are more than sockets hold
    deaf.send(requests);
  });
  EXPECT_EQ(status_of(slow_head.receive()), 408);
  EXPECT_TRUE(slow_head.closed());
  EXPECT_EQ(status_of(slow_body.receive()), 408);
  EXPECT_TRUE(slow_body.closed());
  EXPECT_TRUE(silent.closed());
  EXPECT_TRUE(eventually([&] { return server.metric("mien_connections") == 1; }));
  EXPECT_EQ(server.metric("mien_refusals_total{reason=\"timeout\"}"), 2);
}

/// A head that comes byte by byte keeps its connection no longer than one that does not come.
TEST_F(ServeProtocol, SlowBytesDoNotPreventTheTimeout) {
  const Server server({"--timeout", "0.3"});
  HttpConnection connection = server.connect();
  const std::string head = "GET /healthz HTTP/1.1\r\nHost: x\r\nX: " + std::string(5000, 'x');
  std::size_t sent = 0;
  while (sent < head.size() && connection.send(head.substr(sent, 1))) {
    ++sent;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_LT(sent, head.size());
}

/// Bytes that came fast do not buy a silence: eight megabytes would be two minutes of it.
TEST_F(ServeProtocol, AFastStartDoesNotAllowASilence) {
  const Server server({"--timeout", "1"});
  HttpConnection connection = server.connect();
  const std::size_t size = 8 << 20;
  const auto begin = std::chrono::steady_clock::now();
  connection.send(base::format("POST /v1/analyze HTTP/1.1\r\nHost: x\r\nContent-Type: "
                               "image/png\r\nContent-Length: %zu\r\n\r\n",
                               size) +
                  std::string(size - 1, 'x'));
  EXPECT_EQ(status_of(connection.receive()), 408);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(15));
}

TEST_F(ServeProtocol, RefusesBeyondTheQueue) {
  const Server server({"--threads", "1", "--queue", "1"});
  const std::string request = image_request(gradient_png(3000, 3000));
  std::vector<HttpConnection> clients;
  for (int i = 0; i < 8; ++i) clients.push_back(server.connect());
  for (HttpConnection& client : clients) client.send(request);
  int done = 0, refused = 0;
  for (HttpConnection& client : clients) {
    const auto answer = client.receive();
    if (status_of(answer) == 200) ++done;
    if (status_of(answer) != 429) continue;
    ++refused;
    EXPECT_GE(std::stoi(answer->headers.at("retry-after")), 1);
    EXPECT_EQ(code_of(*answer), "busy");
    EXPECT_EQ(status_of(client.ask(http_request("GET", "/healthz"))),
              200);  // the connection goes on
  }
  EXPECT_EQ(done + refused, 8);
  EXPECT_GE(done, 2);
  EXPECT_GE(refused, 1);
  EXPECT_EQ(server.metric("mien_refusals_total{reason=\"busy\"}"), refused);
  EXPECT_EQ(server.ask(request).status, 200);
}

/// Connections with half a request, which the server cannot close as idle.
std::vector<HttpConnection> busy_connections(const Server& server, std::size_t count) {
  std::vector<HttpConnection> connections;
  for (std::size_t i = 0; i < count; ++i) {
    connections.push_back(server.connect());
    connections.back().send(
        "POST /v1/analyze HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf");
  }
  return connections;
}

TEST_F(ServeProtocol, LimitsConnections) {
  const Server server({"--max-connections", "4", "--max-per-address", "4"});
  {
    const std::vector<HttpConnection> busy = busy_connections(server, 4);
    EXPECT_TRUE(eventually([&] { return server.metric("mien_connections") == 5; }));
    HttpConnection next = server.connect();
    const auto answer = next.ask(http_request("GET", "/v1/models"));
    EXPECT_EQ(status_of(answer), 503);
    EXPECT_EQ(code_of(*answer), "too_many_connections");
    EXPECT_EQ(answer->headers.at("retry-after"), "1");
    HttpConnection sender = server.connect();  // sends everything before it reads
    EXPECT_TRUE(sender.send(image_request(std::string(4 << 20, 'x'))));
    EXPECT_EQ(status_of(sender.receive()), 503);
    HttpConnection silent = server.connect();
    EXPECT_EQ(status_of(silent.receive()), 503);
    std::vector<HttpConnection> many;  // more than the reserve
    for (int i = 0; i < 80; ++i) many.push_back(server.connect());
    EXPECT_EQ(server.get("/healthz").status, 200);
    EXPECT_EQ(server.get("/readyz").status, 200);
    EXPECT_EQ(server.get("/metrics").status, 200);
    for (HttpConnection& one : many) EXPECT_EQ(status_of(one.receive()), 503);
    EXPECT_GE(server.metric("mien_refusals_total{reason=\"connections\"}"), 17);
  }
  EXPECT_TRUE(eventually([&] {
    HttpConnection next = server.connect();
    return status_of(next.ask(http_request("GET", "/v1/models"))) == 200;
  }));
}

TEST_F(ServeProtocol, IdleConnectionsMakeRoom) {
  const Server server({"--max-connections", "1000"});
  std::vector<HttpConnection> idle;
  for (int i = 0; i < 1000; ++i) idle.push_back(server.connect());
  EXPECT_EQ(server.get("/healthz").status, 200);
  EXPECT_EQ(server.ask(image_request(gradient_png(60, 60))).status, 200);
  EXPECT_TRUE(idle.front().closed()) << "the longest idle one";
  EXPECT_EQ(status_of(idle.back().ask(http_request("GET", "/healthz"))), 200);
  EXPECT_GE(server.metric("mien_refusals_total{reason=\"idle\"}"), 250)
      << "one address has at most three quarters";
}

TEST_F(ServeProtocol, TokenHoldersGetTheReserve) {
  const TemporaryDir folder;
  base::write_file(folder / "token", "s3cret\n");
  const Server server({"--max-connections", "2", "--token-file", folder / "token"});
  const std::string bearer = "Authorization: Bearer s3cret";
  // Headers that never end: without a token, nobody gets further.
  std::vector<HttpConnection> busy;
  for (int i = 0; i < 2; ++i) {
    busy.push_back(server.connect());
    busy.back().send("POST /v1/analyze HTTP/1.1\r\nHost");
  }
  EXPECT_TRUE(eventually([&] { return server.get("/v1/models").status == 503; }));
  HttpConnection holder = server.connect();
  const std::string image = gradient_png(60, 60);
  EXPECT_EQ(status_of(holder.ask(image_request(image, {bearer}))), 200);
  EXPECT_EQ(status_of(holder.ask(image_request(image, {bearer}))), 200) << "the connection is kept";
}

/// Bodies that nobody will read must not fill the memory for those of token holders.
TEST_F(ServeProtocol, OpenRoutesTakeNoBody) {
  const Server server;
  const std::string head = " HTTP/1.1\r\nHost: x\r\n";
  EXPECT_EQ(server.ask("GET /healthz" + head + "Content-Length: 1000000\r\n\r\n").status, 413);
  HttpConnection chunked = server.connect();
  chunked.send("GET /" + head + "Transfer-Encoding: chunked\r\n\r\n2000\r\n" +
               std::string(0x2000, 'x') + "\r\n");
  EXPECT_EQ(status_of(chunked.receive()), 413);
  EXPECT_EQ(server.ask("GET /healthz" + head + "Content-Length: 2\r\n\r\n{}").status, 200);
}

TEST_F(ServeProtocol, ClientsThatLeaveStopCosting) {
  const Server server({"--threads", "1"});
  const std::string image = gradient_png(2500, 2500);
  const std::string request =
      form_request(std::vector<std::pair<std::string, std::string>>(32, {"a.png", image}));
  {
    std::vector<HttpConnection> clients;
    for (int i = 0; i < 5; ++i) {
      clients.push_back(server.connect());
      EXPECT_TRUE(clients.back().send(request));
    }
    EXPECT_TRUE(eventually([&] { return server.metric("mien_queue_length") == 4; }));
    EXPECT_TRUE(eventually([&] { return server.metric("mien_images_total{result=\"ok\"}") >= 1; }));
  }
  EXPECT_TRUE(eventually([&] { return server.metric("mien_queue_length") == 0; }));
  EXPECT_TRUE(
      eventually([&] { return server.metric("mien_images_total{result=\"canceled\"}") >= 20; }));
  EXPECT_EQ(server.metric("mien_images_total{result=\"ok\"}") +
                server.metric("mien_images_total{result=\"canceled\"}"),
            32)
      << "queued requests never started";
  EXPECT_EQ(server.metric("mien_requests_total{route=\"/v1/analyze\",status=\"499\"}"), 5);
  EXPECT_EQ(server.ask(image_request(gradient_png(60, 60))).status, 200);
}

TEST_F(ServeProtocol, RequestsHaveADeadline) {
  const Server server({"--threads", "1", "--deadline", "0.3"});
  HttpConnection client = server.connect();
  const auto answer = client.ask(form_request(
      std::vector<std::pair<std::string, std::string>>(32, {"a.png", gradient_png(3000, 3000)})));
  ASSERT_EQ(status_of(answer), 503);
  EXPECT_EQ(code_of(*answer), "deadline_exceeded");
  EXPECT_GE(std::stoi(answer->headers.at("retry-after")), 1);
  EXPECT_EQ(status_of(client.ask(http_request("GET", "/healthz"))), 200);
  EXPECT_TRUE(
      eventually([&] { return server.metric("mien_images_total{result=\"canceled\"}") >= 1; }));
}

TEST_F(ServeProtocol, ChecksTheHost) {
  const Server server({"--allow-host", "mien.example, [::1]"});
  const auto from = [&](const std::string& host, const std::string& path) {
    return server.ask("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
  };
  for (const char* host : {"mien.example", "MIEN.example:8080", "[::1]:80"})
    EXPECT_EQ(from(host, "/v1/models").status, 200) << host;
  for (const char* host : {"evil.example", "mien.example.evil", "10.0.0.1:8080", "localhost"}) {
    const HttpAnswer answer = from(host, "/v1/models");
    EXPECT_EQ(answer.status, 421) << host;
    EXPECT_EQ(code_of(answer), "wrong_host");
    EXPECT_EQ(from(host, "/healthz").status, 200) << "a probe";
  }
}

/// A program that waits before it listens ends at the first signal.
TEST_F(ServeProtocol, ASignalEndsTheWaitForATokenFile) {
  const TemporaryDir folder;
  ASSERT_EQ(::mkfifo((folder / "fifo").c_str(), 0600), 0);
  Process process(mien_command({"serve", "--port", "0", "--token-file", folder / "fifo"}));
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  process.send(SIGTERM);
  EXPECT_NE(process.wait().exit_code, 0);
}

TEST_F(ServeProtocol, FinishesRequestsInProgressAtSigterm) {
  Server server;
  HttpConnection idle = server.connect(), busy = server.connect();
  const std::string request = image_request(gradient_png(300, 300));
  EXPECT_EQ(status_of(idle.ask(http_request("GET", "/healthz"))), 200);
  busy.send(request.substr(0, request.size() / 2));
  // Its first half has been read once a later request on another connection is answered and it
  // counts as a connection.
  EXPECT_TRUE(eventually([&] { return server.metric("mien_connections") == 3; }));
  server.send(SIGTERM);
  EXPECT_TRUE(idle.closed());
  EXPECT_TRUE(eventually([&] { return !HttpConnection::possible(server.port()); }));
  const auto answer = busy.ask(request.substr(request.size() / 2));
  EXPECT_EQ(status_of(answer), 200);
  EXPECT_EQ(answer->headers.at("connection"), "close");
  const ProcessResult result = server.wait();
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.error, "");
}

TEST_F(ServeProtocol, AbortsRequestsAtTheDrainTimeout) {
  Server server({"--drain-timeout", "0.2"});
  HttpConnection busy = server.connect();
  busy.send(
      "POST /v1/analyze HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nContent-Length: "
      "100\r\n\r\n");
  EXPECT_TRUE(eventually([&] { return server.metric("mien_connections") == 2; }));
  server.send(SIGTERM);
  EXPECT_FALSE(busy.receive());
  EXPECT_EQ(server.wait().exit_code, 0);
}

/// Sends 32 images that take a minute or so together, and a signal while the first is looked at.
HttpConnection stop_while_analyzing(const Server& server) {
  const std::string image = gradient_png(6000, 6000);
  HttpConnection client = server.connect();
  EXPECT_TRUE(client.send(
      form_request(std::vector<std::pair<std::string, std::string>>(32, {"a.png", image}))));
  EXPECT_TRUE(eventually([&] { return server.metric("mien_images_total{result=\"ok\"}") >= 1; }));
  server.send(SIGTERM);
  return client;
}

TEST_F(ServeProtocol, AbortsAWorkerAtTheDrainTimeout) {
  Server server({"--drain-timeout", "0.2", "--threads", "1"});
  HttpConnection client = stop_while_analyzing(server);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_FALSE(client.receive());
  EXPECT_EQ(server.wait().exit_code, 0);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(15));
}

TEST_F(ServeProtocol, ASecondSignalEndsItImmediately) {
  Server server({"--threads", "1"});
  HttpConnection client = stop_while_analyzing(server);
  EXPECT_TRUE(eventually([&] { return !HttpConnection::possible(server.port()); }));
  server.send(SIGTERM);
  EXPECT_FALSE(client.receive());
  EXPECT_EQ(server.wait().exit_code, 128 + SIGTERM);
}

}  // namespace
}  // namespace mien::test
