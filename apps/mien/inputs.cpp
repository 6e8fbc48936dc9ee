#include "inputs.hpp"

#include <glob.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <iostream>

#include "mien/error.hpp"

namespace mien::apps {
namespace {

namespace fs = std::filesystem;

bool has_image_extension(const fs::path& path) {
  static constexpr std::array kExtensions = {".jpg", ".jpeg", ".jpe", ".png", ".webp", ".bmp", ".tif", ".tiff", ".pgm", ".ppm", ".pnm"};
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(), [](unsigned char c) { return std::tolower(c); });
  return std::find(kExtensions.begin(), kExtensions.end(), extension) != kExtensions.end();
}

void add_folder(const fs::path& folder, std::vector<std::string>& photos) {
  std::vector<std::string> found;
  std::error_code error;
  fs::recursive_directory_iterator entry(folder, fs::directory_options::skip_permission_denied, error), end;
  for (; !error && entry != end; entry.increment(error)) {
    std::error_code ignored;
    if (entry->is_regular_file(ignored) && has_image_extension(entry->path())) found.push_back(entry->path().string());
  }
  if (error) throw Error(ErrorCode::kIo, folder.string() + ": cannot list the folder: " + error.message());
  if (found.empty()) throw Error(ErrorCode::kNotFound, folder.string() + ": the folder holds no image files");
  std::sort(found.begin(), found.end());
  photos.insert(photos.end(), found.begin(), found.end());
}

void add_pattern(const std::string& pattern, std::vector<std::string>& photos) {
  glob_t matches{};
  const int status = ::glob(pattern.c_str(), 0, nullptr, &matches);
  if (status == 0) photos.insert(photos.end(), matches.gl_pathv, matches.gl_pathv + matches.gl_pathc);
  ::globfree(&matches);
  if (status != 0) throw Error(ErrorCode::kNotFound, pattern + ": no file fits the pattern");
}

void add(const std::string& argument, std::vector<std::string>& photos) {
  std::error_code ignored;
  if (fs::is_directory(argument, ignored)) add_folder(argument, photos);
  else if (!fs::exists(argument, ignored) && argument.find_first_of("*?[") != std::string::npos) add_pattern(argument, photos);
  else photos.push_back(argument);
}

}  // namespace

std::vector<std::string> collect_photos(std::span<const std::string> arguments) {
  std::vector<std::string> photos;
  for (const std::string& argument : arguments) {
    if (argument != "-") {
      add(argument, photos);
      continue;
    }
    for (std::string line; std::getline(std::cin, line);) {
      if (!line.empty() && line.back() == '\r') line.pop_back();
      if (!line.empty()) add(line, photos);
    }
  }
  return photos;
}

}  // namespace mien::apps
