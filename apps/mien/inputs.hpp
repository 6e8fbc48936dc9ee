#pragma once

#include <span>
#include <string>
#include <vector>

namespace mien::apps {

/// The photos that the arguments mean, in order: a file as it is (also one that does not exist: the error comes with it),
/// a folder's image files by name, its subfolders included, a pattern ("*.jpg", for shells that leave it), and "-" for a list
/// of paths on standard input, one a line. Throws Error kNotFound for a pattern or a folder without images.
std::vector<std::string> collect_photos(std::span<const std::string> arguments);

}  // namespace mien::apps
