#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.hpp"

namespace mien::base {

/// The whole file. Throws Error kNotFound, kIo, or kTooLarge above `limit` bytes; the message names
/// the path.
std::vector<std::byte> read_file(const std::filesystem::path& path,
                                 std::size_t limit = std::size_t{4} << 30);
/// The same for text: without a UTF-8 byte order mark, and decoded from UTF-16 where the file has
/// its mark (decode_text). Not for binary data.
std::string read_text(const std::filesystem::path& path, std::size_t limit = std::size_t{4} << 30);

/// Where writing to a path goes.
struct Destination {
  std::filesystem::path path;  ///< at the end of symbolic links, so that writing leaves them
  bool is_in_place = false;  ///< a device or pipe, or an open file by its number (/dev/stdout): not
                             ///< to be replaced by another file
};
Destination destination_of(const std::filesystem::path& path);

/// Writes a new file beside the path's destination, flushes it to disk and renames it: a reader
/// sees the old file or the whole new one, even where the disk is full or the program is killed.
/// After an error nothing is left behind. Throws Error kIo or kNotFound (no such folder).
void write_file(const std::filesystem::path& path, std::span<const std::byte> bytes);
void write_file(const std::filesystem::path& path, std::string_view text);

}  // namespace mien::base
