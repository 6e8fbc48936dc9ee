#include <gtest/gtest.h>

#include <array>
#include <cstring>

#include "mentions.hpp"
#include "mien/error.hpp"
#include "training/safetensors.hpp"

namespace mien::training {
namespace {

std::span<const std::byte> as_bytes(const std::string& text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

/// A file with this header and `size` bytes of data.
std::string file_with(const std::string& header, std::size_t size) {
  std::string out;
  for (int i = 0; i < 8; ++i) out += static_cast<char>(header.size() >> (8 * i) & 0xFF);
  return out + header + std::string(size, '\1');
}

TEST(Safetensors, RoundTrip) {
  const std::array<float, 6> weights = {1, -2, 3.5F, 0, 1e-20F, 7};
  const std::array<std::int64_t, 1> steps = {1234567890123};
  const SafeTensors content{
      .metadata = {{"a", "line\nbreak"}, {"b", ""}},
      .tensors = {{"w", SafeType::kF32, {2, 3}, std::as_bytes(std::span(weights))},
                  {"empty", SafeType::kF32, {0, 4}, {}},
                  {"n", SafeType::kI64, {}, std::as_bytes(std::span(steps))}}};
  const std::string bytes = write_safetensors(content);
  const SafeTensors read = parse_safetensors(as_bytes(bytes), "a.ckpt");
  EXPECT_EQ(read.metadata, content.metadata);
  ASSERT_EQ(read.tensors.size(), 3U);
  ASSERT_NE(read.find("w"), nullptr);
  EXPECT_EQ(read.find("w")->shape, (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(std::memcmp(read.find("w")->data.data(), weights.data(), sizeof weights), 0);
  EXPECT_EQ(read.find("n")->type, SafeType::kI64);
  EXPECT_TRUE(read.find("n")->shape.empty());
  EXPECT_EQ(read.find("nothing"), nullptr);
  EXPECT_EQ(bytes, write_safetensors(content));
}

TEST(Safetensors, RejectsInvalidFiles) {
  const std::string good = R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";
  EXPECT_EQ(parse_safetensors(as_bytes(file_with(good, 8)), "x").tensors.size(), 1U);
  const std::pair<std::string, const char*> cases[] = {
      {"", "truncated"},
      {"1234567", "truncated"},
      {std::string(8, '\xff') + good, "length"},
      {file_with(good, 8).substr(0, 20), "length"},
      {file_with("[]", 0), "object"},
      {file_with("{", 0), "JSON"},
      {file_with(good, 7), "outside"},
      {file_with(good, 9), "unused"},
      {file_with(R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})", 8), "'a'"},
      {file_with(R"({"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})", 8), "'a'"},
      {file_with(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}})", 8), "'a'"},
      {file_with(
           R"({"a":{"dtype":"F32","shape":[4294967296,4294967296,4294967296],"data_offsets":[0,8]}})",
           8),
       "'a'"},
      {file_with(R"({"a":{"dtype":"BF16","shape":[4],"data_offsets":[0,8]}})", 8), "dtype"},
      {file_with(R"({"a":{"dtype":"F32","shape":[2]}})", 8), "'a'"},
      {file_with(
           R"({"a":{"dtype":"U8","shape":[5],"data_offsets":[0,5]},"b":{"dtype":"U8","shape":[5],"data_offsets":[3,8]}})",
           8),
       "overlap"},
      {file_with(
           R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"a":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}})",
           8),
       "duplicate"},
      {file_with(R"({"__metadata__":{"x":1}})", 0), "'x'"},
  };
  for (const auto& [bytes, word] : cases) {
    try {
      parse_safetensors(as_bytes(bytes), "x.ckpt");
      ADD_FAILURE() << word << ": " << bytes;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kBadFormat);
      EXPECT_TRUE(test::mentions(error.what(), {"x.ckpt", word}));
    }
  }
}

}  // namespace
}  // namespace mien::training
