#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mien {

/// The whole file. Throws Error kNotFound, kIo, or kTooLarge above `limit` bytes; the message names the path.
std::vector<std::byte> read_file(const std::filesystem::path& path, std::size_t limit = std::size_t{4} << 30);
std::string read_text(const std::filesystem::path& path, std::size_t limit = std::size_t{4} << 30);

/// Writes to a temporary name beside `path`, flushes to disk and renames: a reader sees the old file or the whole
/// new one, never half of one. A device or pipe (/dev/stdout) is written to as it is. Throws Error kIo.
void write_file(const std::filesystem::path& path, std::span<const std::byte> bytes);
void write_file(const std::filesystem::path& path, std::string_view text);

/// printf into a string: format("%.3f s", seconds).
std::string format(const char* pattern, ...) __attribute__((format(printf, 1, 2)));

/// Text between double quotes with the escapes of JSON; bytes that are not UTF-8 become U+FFFD.
std::string json_quote(std::string_view text);

}  // namespace mien
