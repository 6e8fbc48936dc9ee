#include "model/wire.hpp"

#include <bit>
#include <cstring>

#include "mien/error.hpp"

namespace mien::model::wire {
namespace {

[[noreturn]] void fail(const std::string& name, const char* what) {
  throw Error(ErrorCode::kBadFormat, name + ": not an ONNX file (" + what + ")");
}

std::uint64_t little_endian(std::span<const std::byte> bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i)
    value |= std::to_integer<std::uint64_t>(bytes[i]) << (8 * i);
  return value;
}

}  // namespace

float Field::as_float() const { return std::bit_cast<float>(static_cast<std::uint32_t>(value)); }

std::uint64_t Reader::varint() {
  std::uint64_t value = 0;
  for (int shift = 0; shift < 70; shift += 7) {
    const auto byte = std::to_integer<std::uint64_t>(take(1)[0]);
    if (shift < 64) value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  fail(*name_, "a number has more than 64 bits");
}

std::span<const std::byte> Reader::take(std::uint64_t count) {
  if (count > rest_.size()) fail(*name_, "truncated field");
  const auto head = rest_.first(count);
  rest_ = rest_.subspan(count);
  return head;
}

std::optional<Field> Reader::next() {
  if (rest_.empty()) return std::nullopt;
  const std::uint64_t tag = varint();
  if (tag < 8 || tag > 0xffffffffU) fail(*name_, "invalid field number");
  Field field;
  field.number = static_cast<std::uint32_t>(tag >> 3);
  field.kind = static_cast<Kind>(tag & 7);
  switch (field.kind) {
    case Kind::kVarint:
      field.value = varint();
      break;
    case Kind::kFixed64:
      field.value = little_endian(take(8));
      break;
    case Kind::kFixed32:
      field.value = little_endian(take(4));
      break;
    case Kind::kBytes:
      field.bytes = take(varint());
      break;
    default:
      fail(*name_, "unknown field type");
  }
  return field;
}

void append_integers(const Field& field, const std::string& name, const ListLimit& limit,
                     std::vector<std::int64_t>& out) {
  const auto append = [&](std::uint64_t value) {
    if (out.size() >= limit.count) {
      throw Error(ErrorCode::kTooLarge,
                  name + ": more than " + std::to_string(limit.count) + " " + limit.what);
    }
    out.push_back(static_cast<std::int64_t>(value));
  };
  if (field.kind == Kind::kVarint) {
    append(field.value);
    return;
  }
  if (field.kind != Kind::kBytes) fail(name, "wrong type of an integer list");
  const std::byte* at = field.bytes.data();
  const std::byte* const end = at + field.bytes.size();
  while (at != end) {
    std::uint64_t value = 0;
    int shift = 0;
    for (;; shift += 7) {
      if (at == end || shift >= 70) fail(name, "truncated integer list");
      const auto byte = std::to_integer<std::uint64_t>(*at++);
      if (shift < 64) value |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    append(value);
  }
}

void append_floats(const Field& field, const std::string& name, std::vector<float>& out) {
  if (field.kind == Kind::kFixed32) {
    out.push_back(field.as_float());
    return;
  }
  if (field.kind != Kind::kBytes || field.bytes.size() % sizeof(float) != 0) {
    fail(name, "wrong type or size of a float list");
  }
  if (field.bytes.empty()) return;
  const std::size_t before = out.size();
  out.resize(before + field.bytes.size() / sizeof(float));
  std::memcpy(out.data() + before, field.bytes.data(), field.bytes.size());
}

void Writer::varint(std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) bytes_.push_back(static_cast<std::byte>(value | 0x80));
  bytes_.push_back(static_cast<std::byte>(value));
}

void Writer::tag(std::uint32_t number, Kind kind) {
  varint((std::uint64_t{number} << 3) | static_cast<std::uint64_t>(kind));
}

void Writer::integer(std::uint32_t number, std::int64_t value) {
  tag(number, Kind::kVarint);
  varint(static_cast<std::uint64_t>(value));
}

void Writer::float32(std::uint32_t number, float value) {
  tag(number, Kind::kFixed32);
  const auto bits = std::bit_cast<std::uint32_t>(value);
  for (int i = 0; i < 4; ++i) bytes_.push_back(static_cast<std::byte>(bits >> (8 * i)));
}

void Writer::bytes(std::uint32_t number, std::span<const std::byte> value) {
  tag(number, Kind::kBytes);
  varint(value.size());
  bytes_.insert(bytes_.end(), value.begin(), value.end());
}

void Writer::text(std::uint32_t number, std::string_view value) {
  bytes(number, std::as_bytes(std::span(value.data(), value.size())));
}

}  // namespace mien::model::wire
