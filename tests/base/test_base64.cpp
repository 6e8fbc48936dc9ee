#include <gtest/gtest.h>

#include "base/base64.hpp"

namespace mien::base {
namespace {

/// The examples of RFC 4648, section 10.
TEST(Base64, DecodesValidTextOnly) {
  EXPECT_EQ(decode_base64(""), "");
  EXPECT_EQ(decode_base64("Zg=="), "f");
  EXPECT_EQ(decode_base64("Zm8="), "fo");
  EXPECT_EQ(decode_base64("Zm9vYmFy"), "foobar");
  EXPECT_EQ(decode_base64("//79"), "\xff\xfe\xfd");
  for (const char* bad : {"Z", "Zg", "Zg=", "Zh==", "Zg==Zg==", "====", "Zm9v\n", "Zm9-", "Z=g="})
    EXPECT_EQ(decode_base64(bad), std::nullopt) << bad;
}

std::string encoded(std::string_view text) { return encode_base64(std::as_bytes(std::span(text))); }

TEST(Base64, PadsTheLastGroup) {
  EXPECT_EQ(encoded(""), "");
  EXPECT_EQ(encoded("M"), "TQ==");
  EXPECT_EQ(encoded("Ma"), "TWE=");
  EXPECT_EQ(encoded("Man"), "TWFu");
  EXPECT_EQ(encoded("\xFF\xFE\xFD!"), "//79IQ==");
}

}  // namespace
}  // namespace mien::base
