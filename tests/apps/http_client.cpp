#include "http_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <sstream>
#include <stdexcept>

#include "apps_support.hpp"

namespace mien::test {
namespace {

int try_connect(int port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval limit{20, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
    return socket;
  ::close(socket);
  return -1;
}

}  // namespace

HttpConnection::HttpConnection(int port) : socket_(try_connect(port)) {
  if (socket_ < 0) throw std::runtime_error("cannot connect");
}
HttpConnection::HttpConnection(HttpConnection&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)), buffer_(std::move(other.buffer_)) {}
HttpConnection::~HttpConnection() {
  if (socket_ >= 0) ::close(socket_);
}

bool HttpConnection::possible(int port) {
  const int socket = try_connect(port);
  if (socket >= 0) ::close(socket);
  return socket >= 0;
}

bool HttpConnection::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ::ssize_t count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

void HttpConnection::finish_sending() { ::shutdown(socket_, SHUT_WR); }

bool HttpConnection::read_more() {
  char block[65536];
  const ::ssize_t count = ::recv(socket_, block, sizeof block, 0);
  if (count <= 0) return false;
  buffer_.append(block, static_cast<std::size_t>(count));
  return true;
}

std::optional<HttpAnswer> HttpConnection::receive(bool head) {
  HttpAnswer answer;
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!read_more()) return std::nullopt;
  }
  std::istringstream lines(buffer_.substr(0, end));
  buffer_.erase(0, end + 4);
  std::string version;
  lines >> version >> answer.status;
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line)) {
    const std::size_t colon = line.find(": ");
    std::string name = line.substr(0, colon);
    std::ranges::transform(name, name.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    answer.headers[name] = line.substr(colon + 2, line.find_last_not_of('\r') - colon - 1);
  }
  if (head || answer.status == 100 || !answer.headers.contains("content-length")) return answer;
  const std::size_t length = std::stoul(answer.headers["content-length"]);
  while (buffer_.size() < length) {
    if (!read_more()) return std::nullopt;
  }
  answer.body = buffer_.substr(0, length);
  buffer_.erase(0, length);
  return answer;
}

bool HttpConnection::closed() {
  char byte = 0;
  return buffer_.empty() && ::recv(socket_, &byte, 1, 0) == 0;
}

std::string http_request(const std::string& method, const std::string& target,
                         const std::vector<std::string>& headers, std::string_view body) {
  std::string text = method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n";
  if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  for (const std::string& header : headers) text += header + "\r\n";
  return (text += "\r\n") += body;
}

std::string image_request(std::string_view image, const std::vector<std::string>& more_headers,
                          const std::string& target) {
  std::vector<std::string> headers = more_headers;
  headers.emplace_back("Content-Type: image/jpeg");
  return http_request("POST", target, headers, image);
}

std::string form_request(const std::vector<std::pair<std::string, std::string>>& files,
                         const std::string& target) {
  std::string body;
  for (const auto& [name, bytes] : files) {
    body +=
        "--boundary-of-the-test\r\nContent-Disposition: form-data; name=\"photos\"; filename=\"" +
        name + "\"\r\n\r\n" + bytes + "\r\n";
  }
  return http_request("POST", target,
                      {"Content-Type: multipart/form-data; boundary=boundary-of-the-test"},
                      body + "--boundary-of-the-test--\r\n");
}

Server::Server(std::vector<std::string> options)
    : process_([&] {
        options.insert(options.begin(), {"serve", "--port", "0"});
        Command command = mien_command(std::move(options));
        command.environment["TMPDIR"] = folder_.path();
        command.folder = folder_.path();
        command.output = output_ / "out";
        return command;
      }()) {
  const auto line = [&] {
    const std::string text = printed();
    return text.ends_with('\n') ? text : std::string();
  };
  eventually([&] { return !line().empty() || !process_.running(); });
  const std::string text = line();
  const std::size_t colon = text.find(':', text.find("//"));
  if (colon == std::string::npos)
    throw std::runtime_error("mien serve did not start: " + process_.wait().error);
  port_ = std::atoi(text.c_str() + colon + 1);
}

std::string Server::printed() const {
  return std::filesystem::exists(output_ / "out") ? base::read_text(output_ / "out") : "";
}

HttpAnswer Server::ask(const std::string& request) const {
  HttpConnection connection(port_);
  std::optional<HttpAnswer> answer = connection.ask(request);
  if (!answer) throw std::runtime_error("no answer to " + request.substr(0, request.find('\r')));
  return std::move(*answer);
}

double Server::metric(const std::string& name_and_labels) const {
  const std::string text = "\n" + get("/metrics").body;
  const std::size_t at = text.find("\n" + name_and_labels + " ");
  return at == std::string::npos ? 0 : std::atof(text.c_str() + at + name_and_labels.size() + 2);
}

}  // namespace mien::test
