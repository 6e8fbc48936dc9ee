#include "error_code.hpp"
#include "server/images.hpp"
#include "server/multipart.hpp"

namespace mien::server {
namespace {

constexpr const char* kType = "multipart/form-data; boundary=bb";

std::vector<Part> parse(const std::string& body, std::size_t max_parts = 10) {
  return parse_multipart(kType, body, max_parts);
}
bool malformed(const std::string& type, const std::string& body) {
  return test::code_of([&] { parse_multipart(type, body, 2); }) == ErrorCode::kInvalidArgument;
}

TEST(Multipart, FindsFieldsAndFiles) {
  const std::string body =
      "--bb\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhello\r\n"
      "--bb  \r\ncontent-disposition: FORM-DATA; filename=\"a;\\\"b\\\".jpg\"; "
      "name=x\r\nContent-Type: image/jpeg\r\n\r\n\r\n--bb--\r\nepilogue";
  const auto parts = parse(body);
  ASSERT_EQ(parts.size(), 2U);
  EXPECT_EQ(parts[0].name, "note");
  EXPECT_EQ(parts[0].file_name, "");
  EXPECT_EQ(parts[0].body, "hello");
  EXPECT_EQ(parts[1].content_type, "image/jpeg");
  EXPECT_EQ(parts[1].name, "x");
  EXPECT_EQ(parts[1].file_name, "a;\"b\".jpg");
}

TEST(Multipart, LeavesBytesAsTheyAre) {
  const std::string bytes("\r\n--b\r\n\0\r--bb\n", 14);
  const auto parts =
      parse("--bb\r\nContent-Disposition: form-data; name=\"f\"; filename=\"f\"\r\n\r\n" + bytes +
            "\r\n--bb--");
  ASSERT_EQ(parts.size(), 1U);
  EXPECT_EQ(parts[0].body, bytes);
}

TEST(Multipart, AcceptsAPreambleAndEmptyForms) {
  EXPECT_TRUE(parse("--bb--").empty());
  EXPECT_EQ(parse("before\r\n--bb\r\n\r\nx\r\n--bb--").at(0).body, "x");
}

TEST(Multipart, RejectsMalformedBodies) {
  EXPECT_TRUE(malformed("multipart/form-data", "--bb--"));
  EXPECT_TRUE(malformed("multipart/form-data; boundary=" + std::string(71, 'b'), "--bb--"));
  for (const char* body : {"", "--b", "--bb", "--bb\r\n", "--bbx\r\n\r\n\r\n--bb--",
                           "--bb\r\n\r\nno end", "--bb\r\nHead: er\r\n--bb--"})
    EXPECT_TRUE(malformed(kType, body)) << body;
  EXPECT_TRUE(
      malformed(kType, "--bb\r\n\r\n\r\n\r\n--bb\r\n\r\n\r\n\r\n--bb\r\n\r\n\r\n\r\n--bb--"))
      << "more than two parts";
  EXPECT_TRUE(malformed(kType, "--bb\r\n" + std::string(10000, 'h') + "\r\n\r\n\r\n--bb--"))
      << "a part's headers without end";
}

TEST(HeaderParameter, RemovesQuotes) {
  EXPECT_EQ(header_parameter("a/b; x=1; Boundary=\"two words\"; z=3", "boundary"), "two words");
  EXPECT_EQ(header_parameter("a/b;x=1;z = 3 ", "z"), "3");
  EXPECT_EQ(header_parameter("a/b; y=\"x=1\"", "x"), "");
  EXPECT_EQ(header_parameter("a/b; y=\"open", "y"), "open");
  EXPECT_EQ(header_parameter("a/b", "x"), "");
}

TEST(ImagesJson, DoesNotStoreNestedValues) {
  // A tree of these would take a gigabyte.
  std::string nested(16 << 20, '[');
  EXPECT_EQ(test::code_of([&] { read_images_json(nested, 2); }), ErrorCode::kInvalidArgument);
  EXPECT_EQ(test::code_of([&] { read_images_json("{\"images\": " + nested, 2); }),
            ErrorCode::kInvalidArgument);
  const Images images = read_images_json(
      R"({"images": [{"data": "Zg==", "name": "a"}, {"data": "data:image/png;base64,Zm8="}]})", 2);
  ASSERT_EQ(images.list.size(), 2U);
  EXPECT_EQ(images.list[0].name, "a");
  EXPECT_EQ(images.list[1].bytes.size(), 2U);
}

TEST(Target, IsSplitAndDecoded) {
  Request request;
  parse_target("/a%20b/%C3%A9?x=1%262&flag&&y=a=b", request);
  EXPECT_EQ(request.path, "/a b/\xC3\xA9");
  EXPECT_EQ(request.query,
            (std::map<std::string, std::string>{{"x", "1&2"}, {"flag", ""}, {"y", "a=b"}}));
  Request absolute;
  parse_target("https://example.org:8443?x=1", absolute);
  EXPECT_EQ(absolute.path, "/");
  for (const char* bad : {"", "a", "*", "/%", "/%1", "/%1g", "/?%", "ftp://x/"})
    EXPECT_EQ(test::code_of([&] { parse_target(bad, request); }), ErrorCode::kInvalidArgument)
        << bad;
}

}  // namespace
}  // namespace mien::server
