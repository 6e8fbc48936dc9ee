#include "datasets/folders.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <system_error>

#include "mien/error.hpp"
#include "vision/photo_files.hpp"

namespace mien::datasets {
namespace {

namespace fs = std::filesystem;

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return text;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

struct Listing {
  std::vector<fs::path> folders;
  std::vector<fs::path> images;
};

/// Sub-folders and images of a folder, sorted, without hidden ones.
Listing list(const fs::path& folder) {
  std::error_code error;
  fs::directory_iterator entries(folder, error);
  Listing out;
  for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
    const fs::path& path = entries->path();
    std::error_code ignored;  // a dangling link is neither folder nor file
    if (path.filename().string().starts_with('.')) continue;
    if (entries->is_directory(ignored)) out.folders.push_back(path);
    if (entries->is_regular_file(ignored) && has_image_extension(path)) out.images.push_back(path);
  }
  if (error) {
    const bool missing = error == std::errc::no_such_file_or_directory;
    throw Error(missing ? ErrorCode::kNotFound : ErrorCode::kIo,
                folder.string() + ": " + error.message());
  }
  std::sort(out.folders.begin(), out.folders.end());
  std::sort(out.images.begin(), out.images.end());
  return out;
}

std::optional<Split> split_of_folder(const fs::path& folder) {
  const std::string name = lower(folder.filename().string());
  if (name == "val" || name == "valid" || name == "validation") return Split::kPublicTest;
  if (name == "test") return Split::kPrivateTest;
  try {
    return split_from_string(name);
  } catch (const Error&) {
    return std::nullopt;
  }
}

Split split_of_file(const std::string& name, Split folder) {
  for (const Split split : {Split::kPublicTest, Split::kPrivateTest}) {
    if (name.starts_with(std::string(to_string(split)) + "_")) return split;
  }
  return folder;
}

/// "S010" of "S010_004_00000017.png".
std::string ck_subject(const std::string& name) {
  const std::size_t end = name.find('_');
  if (end == std::string::npos || end < 2 || name[0] != 'S') return {};
  return std::all_of(name.begin() + 1, name.begin() + static_cast<std::ptrdiff_t>(end), is_digit)
             ? name.substr(0, end)
             : std::string();
}

void add_class(const fs::path& folder, Split split, std::vector<LabelledImage>& out) {
  const Listing listing = list(folder);
  if (listing.images.empty()) return;
  const std::optional<Emotion> emotion = emotion_from_string(folder.filename().string());
  if (!emotion) {
    throw Error(ErrorCode::kBadFormat,
                folder.string() + ": holds images, but its name is no emotion");
  }
  for (const fs::path& path : listing.images) {
    const std::string name = path.filename().string();
    out.push_back({path, *emotion, split_of_file(name, split), ck_subject(name)});
  }
}

/// What the name of a JAFFE picture says: "KA.AN1.39.tiff".
LabelledImage jaffe_image(const fs::path& path) {
  constexpr std::array<std::pair<std::string_view, Emotion>, 7> kCodes = {
      {{"AN", Emotion::kAngry},
       {"DI", Emotion::kDisgust},
       {"FE", Emotion::kFear},
       {"HA", Emotion::kHappy},
       {"NE", Emotion::kNeutral},
       {"SA", Emotion::kSad},
       {"SU", Emotion::kSurprise}}};
  const std::string name = path.filename().string();
  const bool shaped = name.size() > 7 && name[2] == '.' && is_digit(name[5]) && name[6] == '.';
  const auto code = std::find_if(kCodes.begin(), kCodes.end(), [&](const auto& entry) {
    return shaped && std::string_view(name).substr(3, 2) == entry.first;
  });
  if (code == kCodes.end()) {
    throw Error(ErrorCode::kBadFormat,
                path.string() +
                    ": lies in no class folder and is not named as JAFFE's are (KA.AN1.39.tiff)");
  }
  return {path, code->second, Split::kTraining, name.substr(0, 2)};
}

}  // namespace

bool has_image_extension(const fs::path& path) { return vision::has_photo_extension(path); }

std::vector<LabelledImage> list_labelled_images(const fs::path& root) {
  const Listing listing = list(root);
  std::vector<LabelledImage> out;
  for (const fs::path& path : listing.images) out.push_back(jaffe_image(path));
  for (const fs::path& folder : listing.folders) {
    const std::optional<Split> split = split_of_folder(folder);
    if (!split) {
      add_class(folder, Split::kTraining, out);
      continue;
    }
    for (const fs::path& inner : list(folder).folders) add_class(inner, *split, out);
  }
  if (out.empty()) {
    throw Error(ErrorCode::kNotFound,
                root.string() + ": no images in class folders (angry, happy, …) were found");
  }
  return out;
}

}  // namespace mien::datasets
