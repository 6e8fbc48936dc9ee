#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mien::model::wire {

/// Wire type of a protobuf field (protobuf.dev/programming-guides/encoding), without groups.
enum class Kind : int { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

/// One field of a message: numbers are in `value`; strings, messages and packed arrays in `bytes`.
struct Field {
  std::uint32_t number = 0;
  Kind kind = Kind::kVarint;
  std::uint64_t value = 0;
  std::span<const std::byte> bytes;  ///< points into the message

  std::string_view text() const {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  float as_float() const;
};

/// Iterates over the fields of one message without copying. Throws Error kBadFormat for a truncated
/// or invalid field.
class Reader {
 public:
  /// `name` is the file name for messages; it must outlive the reader.
  Reader(std::span<const std::byte> message, const std::string& name)
      : rest_(message), name_(&name) {}

  std::optional<Field> next();

 private:
  std::uint64_t varint();
  std::span<const std::byte> take(std::uint64_t count);

  std::span<const std::byte> rest_;
  const std::string* name_;
};

/// Maximum length of a list: packed numbers need up to 8 times their size in the file.
struct ListLimit {
  std::size_t count = 0;
  const char* what = "";  ///< noun for the message
};

/// Appends the numbers of a repeated field, packed or not. Throws Error kBadFormat, and kTooLarge
/// before `out` exceeds its limit.
void append_integers(const Field& field, const std::string& name, const ListLimit& limit,
                     std::vector<std::int64_t>& out);
void append_floats(const Field& field, const std::string& name, std::vector<float>& out);

/// Writes one message.
class Writer {
 public:
  void integer(std::uint32_t number, std::int64_t value);
  void float32(std::uint32_t number, float value);
  void text(std::uint32_t number, std::string_view value);
  void bytes(std::uint32_t number, std::span<const std::byte> value);
  void message(std::uint32_t number, const Writer& value) { bytes(number, value.bytes_); }

  std::vector<std::byte> take() { return std::move(bytes_); }

 private:
  void tag(std::uint32_t number, Kind kind);
  void varint(std::uint64_t value);

  std::vector<std::byte> bytes_;
};

}  // namespace mien::model::wire
