#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mien::apps {

/// A photo to read, or an argument that names none.
struct PhotoInput {
  std::string path;
  std::optional<std::string> error;  ///< why there is nothing to read
  std::string copy;                  ///< path of its annotated copy; empty: no copy
};

/// The same for every path to one file, whether the file exists or not.
std::filesystem::path identity_of(const std::filesystem::path& path);

/// A subset of the photos, for one of several runs. It depends only on each photo's path as
/// written: the runs may list the photos in different orders.
struct Shard {
  std::uint32_t index = 1;  ///< 1 to count
  std::uint32_t count = 1;

  bool contains(std::string_view path) const;
};

/// "3/16" is the third of sixteen. Throws Error kInvalidArgument.
Shard shard_from_string(const std::string& text);

/// The photos of the shard that the arguments name, in order. An argument is a file (whether it
/// exists or not: reading it reports the error), a folder, a pattern ("*.jpg", if the shell did not
/// expand it) or "-" for a list on standard input. Of a folder and its subfolders, but not of links
/// to folders, it takes the images and what a person may believe to be photos (HEIC, RAW, videos
/// …), sorted by name.
/// `list` is a file with a list, "-", or empty for none: files and folders, one per line or
/// terminated by NUL, in UTF-8 or in UTF-16 with a byte order mark. `own_folder`, which the program
/// writes to, is left out of folders and patterns. Throws Error kInvalidArgument if a list is
/// invalid or all of them are empty, kNotFound, kIo; not for a single photo.
std::vector<PhotoInput> collect_photos(std::span<const std::string> arguments,
                                       const std::string& list, const Shard& shard,
                                       const std::filesystem::path& own_folder = {});

/// The bytes of a photo. Waits for a pipe until Interrupt is requested. Throws Error kNotFound,
/// kIo, kTooLarge, kInterrupted, and kUnsupported for the name of a video.
std::vector<std::byte> read_photo(const std::string& path);

/// The error's message without "PATH: ", for results that show the path already.
std::string message_without_path(const std::exception& error, const std::string& path);

}  // namespace mien::apps
