#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/hash.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

namespace mien::base {
namespace {

using Views = std::vector<std::string_view>;
using Strings = std::vector<std::string>;

TEST(Text, SplitKeepsEmptyPartsAndListsDoNot) {
  EXPECT_EQ(split("a,,b ", ','), (Views{"a", "", "b "}));
  EXPECT_EQ(split("", ','), (Views{""}));
  EXPECT_EQ(split(",", ','), (Views{"", ""}));
  EXPECT_EQ(split_list(" a, b\r\n,, "), (Strings{"a", "b"}));
  EXPECT_EQ(split_list(""), Strings{});
  EXPECT_EQ(split_list("a|b", '|'), (Strings{"a", "b"}));
  EXPECT_EQ(join(split("a,,b", ','), ";"), "a;;b");
  EXPECT_EQ(join(Strings{"", "a"}, ","), ",a");
  EXPECT_EQ(join(Strings{}, ","), "");
}

TEST(Text, TrimAndLowerCase) {
  EXPECT_EQ(trim(" \t a b\r\n"), "a b");
  EXPECT_EQ(trim(" \r\n"), "");
  EXPECT_EQ(to_lower("Az\xC3\x84"), "az\xC3\x84");
  EXPECT_TRUE(equal_ignoring_case("Content-Type", "content-type"));
  EXPECT_FALSE(equal_ignoring_case("a", "ab"));
}

TEST(Text, ParsesWholeNumbersOnly) {
  EXPECT_EQ(parse_number<int>("-12"), -12);
  EXPECT_EQ(parse_number<double>("2.5e-3"), 2.5e-3);
  for (const char* text : {"", " 1", "1 ", "1x", "+1", "99999999999"})
    EXPECT_FALSE(parse_number<int>(text)) << text;
  for (const char* text : {"inf", "nan", "1e999", "0x10"})
    EXPECT_FALSE(parse_number<double>(text)) << text;
  EXPECT_FALSE(parse_number<std::uint64_t>("-1"));
  EXPECT_EQ(print_number(0.1), "0.1");
  EXPECT_EQ(print_number(1.0 / 3), "0.3333333333333333");
}

TEST(Text, Utf8IsCheckedAndRepaired) {
  EXPECT_TRUE(is_utf8("Zo\u00eb \U0001F642"));
  EXPECT_FALSE(is_utf8("Zo\xEB"));
  // A lone continuation byte, an overlong slash, a surrogate, a cut-off sequence.
  EXPECT_EQ(to_valid_utf8("\x80|\xC0\xAF|\xED\xA0\x80|\xE2\x82"),
            "\uFFFD|\uFFFD\uFFFD|\uFFFD\uFFFD\uFFFD|\uFFFD\uFFFD");
  std::string text;
  for (const char32_t c : {U'a', U'\u00e9', U'\u20ac', U'\U0001F642', char32_t{0xD800}})
    append_utf8(text, c);
  EXPECT_EQ(text, "a\u00e9\u20ac\U0001F642\uFFFD");
}

TEST(Text, BrokenUtf16IsReplaced) {
  using namespace std::string_literals;
  EXPECT_EQ(decode_text("\xFF\xFE\x3D\xD8"
                        "a\0"s),
            "\uFFFD"
            "a");  // half a pair
  EXPECT_EQ(decode_text("\xFF\xFE"
                        "a\0"
                        "b"s),
            "a\uFFFD");  // half a unit
  EXPECT_EQ(decode_text("plain"), "plain");
}

TEST(JsonQuote, EscapesForJson) {
  EXPECT_EQ(json_quote("a\"b\\c\n\x01"), "\"a\\\"b\\\\c\\n\\u0001\"");
  EXPECT_EQ(json_quote("Zo\u00eb \x80"), "\"Zo\u00eb \uFFFD\"");
}

TEST(Hash, IsFnv1a) {
  EXPECT_EQ(fnv1a(std::string_view("")), 0xcbf29ce484222325u);
  EXPECT_EQ(fnv1a(std::string_view("a")), 0xaf63dc4c8601ec8cu);
  EXPECT_EQ(fnv1a(std::string_view("foobar")), 0x85944171f73967e8u);
  Fnv1a parts;
  parts.add(std::string_view("foo"));
  parts.add(std::string_view("bar"));
  EXPECT_EQ(parts.value(), 0x85944171f73967e8u);
}

TEST(Json, IsOneLineWithSpaces) {
  const Json value = {{"b", {1, 2.5}}, {"a", "x\x80\""}, {"e", Json::array()}, {"n", nullptr}};
  EXPECT_EQ(to_text(value), "{\"b\": [1, 2.5], \"a\": \"x\uFFFD\\\"\", \"e\": [], \"n\": null}");
  EXPECT_EQ(to_text(rounded(0.123456f, 4)), "0.1235");
  EXPECT_EQ(to_text(rounded(-0.00001, 4)), "0.0");
  EXPECT_EQ(to_text(rounded(std::numeric_limits<double>::infinity(), 1)), "null");
}

}  // namespace
}  // namespace mien::base
