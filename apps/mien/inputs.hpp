#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace mien::apps {

/// A photo to read, or an argument that gave none.
struct PhotoInput {
  std::string path;
  std::optional<std::string> error;  ///< why there is nothing to read: a folder without images, a pattern that nothing fits
};

/// The photos that the arguments mean, in order: a file as it is (also one that does not exist: reading it gives the error),
/// a folder's image files by name, its subfolders included, a pattern ("*.jpg", for shells that leave it), and "-" for a list
/// of files and folders on standard input, one a line. Never throws for what is wrong with one of them.
std::vector<PhotoInput> collect_photos(std::span<const std::string> arguments);

}  // namespace mien::apps
