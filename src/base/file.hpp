#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mien::base {

/// The whole file. Throws Error kNotFound, kIo, or kTooLarge above `limit` bytes; the message names
/// the path.
std::vector<std::byte> read_file(const std::filesystem::path& path,
                                 std::size_t limit = std::size_t{4} << 30);
std::string read_text(const std::filesystem::path& path, std::size_t limit = std::size_t{4} << 30);

/// Where writing to a path goes.
struct Destination {
  std::filesystem::path path;  ///< at the end of symbolic links, so that writing leaves them
  bool is_in_place = false;  ///< a device or pipe, or an open file by its number (/dev/stdout): not
                             ///< to be replaced by another file
};
Destination destination_of(const std::filesystem::path& path);

/// Writes to a temporary name beside the path's destination, flushes to disk and renames: a reader
/// sees the old file or the whole new one, never half of one. Throws Error kIo.
void write_file(const std::filesystem::path& path, std::span<const std::byte> bytes);
void write_file(const std::filesystem::path& path, std::string_view text);

/// printf into a string: format("%.3f s", seconds).
std::string format(const char* pattern, ...) __attribute__((format(printf, 1, 2)));

/// Text between double quotes with the escapes of JSON; bytes that are not UTF-8 become U+FFFD.
std::string json_quote(std::string_view text);

}  // namespace mien::base
