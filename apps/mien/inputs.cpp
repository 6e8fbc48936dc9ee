#include "inputs.hpp"

#include <glob.h>

#include <algorithm>
#include <filesystem>
#include <iostream>

#include "data/folders.hpp"
#include "mien/error.hpp"

namespace mien::apps {
namespace {

namespace fs = std::filesystem;

void add_folder(const fs::path& folder, std::vector<PhotoInput>& photos) {
  std::vector<std::string> found;
  std::error_code error;
  fs::recursive_directory_iterator entry(folder, fs::directory_options::skip_permission_denied, error), end;
  for (; !error && entry != end; entry.increment(error)) {
    std::error_code ignored;
    if (entry->is_regular_file(ignored) && has_image_extension(entry->path())) found.push_back(entry->path().string());
  }
  std::sort(found.begin(), found.end());
  for (std::string& path : found) photos.push_back({std::move(path)});
  if (!error && found.empty()) fs::directory_iterator(folder, error);  // the folder itself may have been skipped above
  if (error) photos.push_back({folder.string(), "cannot list the folder: " + error.message()});
  else if (found.empty()) photos.push_back({folder.string(), "the folder holds no image files"});
}

void add_pattern(const std::string& pattern, std::vector<PhotoInput>& photos) {
  glob_t matches{};
  if (::glob(pattern.c_str(), 0, nullptr, &matches) == 0) {
    for (std::size_t i = 0; i < matches.gl_pathc; ++i) photos.push_back({matches.gl_pathv[i]});
  } else {
    photos.push_back({pattern, "no file fits the pattern"});
  }
  ::globfree(&matches);
}

void add_path(const std::string& path, std::vector<PhotoInput>& photos) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) add_folder(path, photos);
  else photos.push_back({path});
}

}  // namespace

std::vector<PhotoInput> collect_photos(std::span<const std::string> arguments) {
  std::vector<PhotoInput> photos;
  for (const std::string& argument : arguments) {
    std::error_code ignored;
    if (argument == "-") {
      for (std::string line; std::getline(std::cin, line);) {
        if (line.find('\0') != std::string::npos) {
          throw Error(ErrorCode::kInvalidArgument, "standard input must be a list of paths, one a line, not an image");
        }
        if (!line.empty() && line.back() == '\r') line.pop_back();
        if (!line.empty()) add_path(line, photos);
      }
    } else if (argument.find_first_of("*?[") != std::string::npos && !fs::exists(argument, ignored)) {
      add_pattern(argument, photos);
    } else {
      add_path(argument, photos);
    }
  }
  return photos;
}

}  // namespace mien::apps
