#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mien::apps {

/// A photo to read, or an argument that gave none.
struct PhotoInput {
  std::string path;
  std::optional<std::string> error;  ///< why there is nothing to read: a folder without images, a
                                     ///< pattern that nothing fits
  std::string copy;                  ///< where its annotated copy goes; empty: nowhere
};

/// The same for every path to one file, whether it exists or not.
std::filesystem::path identity_of(const std::filesystem::path& path);

/// The part of the photos that one of several runs takes. Where a photo belongs depends on its path
/// alone, as it is written: the runs may see the photos in different orders.
struct Shard {
  std::uint32_t index = 1;  ///< 1 to count
  std::uint32_t count = 1;

  bool holds(std::string_view path) const;
};

/// "3/16": the third of sixteen. Throws Error kInvalidArgument.
Shard shard_from_string(const std::string& text);

/// The shard's photos that the arguments mean, in order: a file as it is (also one that does not
/// exist: reading it gives the error), a folder's image files by name, its subfolders included but
/// not links to folders, a pattern ("*.jpg", for shells that leave it), and "-" for a list on
/// standard input. `list` is a file of such a list, "-", or empty for none: files and folders, one
/// a line, or ended by NUL as `find -print0` writes them. Does not throw for what is wrong with one
/// photo; throws Error kInvalidArgument for a list that is none, or where all lists are empty and
/// nothing else is given. The folder `own_folder`, which the program writes to, is left out among
/// others: in a folder, of a pattern, beside other arguments.
std::vector<PhotoInput> collect_photos(std::span<const std::string> arguments,
                                       const std::string& list, const Shard& shard,
                                       const std::filesystem::path& own_folder = {});

}  // namespace mien::apps
