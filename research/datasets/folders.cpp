#include "datasets/folders.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <system_error>

#include "base/text.hpp"
#include "mien/error.hpp"
#include "vision/photo_files.hpp"

namespace mien::datasets {
namespace {

namespace fs = std::filesystem;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

struct Listing {
  std::vector<fs::path> folders;
  std::vector<fs::path> images;
};

/// Subfolders and images of a folder, sorted, without hidden ones.
Listing list(const fs::path& folder) {
  std::error_code error;
  fs::directory_iterator entries(folder, error);
  Listing out;
  for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
    const fs::path& path = entries->path();
    std::error_code ignored;  // a dangling link is neither
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

void add_class(const fs::path& folder, Emotion emotion, Split split, LabeledFolder& out) {
  for (const fs::path& path : list(folder).images) {
    const std::string name = path.filename().string();
    out.images.push_back({path, emotion, split_of_file(name, split), ck_subject(name)});
  }
}

/// Whether the folder or a subfolder contains images.
bool has_images(const fs::path& folder) {
  const Listing listing = list(folder);
  return !listing.images.empty() ||
         std::any_of(listing.folders.begin(), listing.folders.end(), has_images);
}

/// Adds the class folders in `folder`. Without a split, `folder` may contain split folders.
void add_classes(const fs::path& folder, const std::optional<Split>& split, LabeledFolder& out) {
  for (const fs::path& inner : list(folder).folders) {
    const std::string name = inner.filename().string();
    const std::optional<Split> inner_split = split ? std::nullopt : find_split(name);
    if (inner_split) {
      const Listing listing = list(inner);
      out.skipped.insert(out.skipped.end(), listing.images.begin(), listing.images.end());
      add_classes(inner, inner_split, out);
    } else if (const std::optional<Emotion> emotion = emotion_from_string(name)) {
      add_class(inner, *emotion, split.value_or(Split::kTraining), out);
    } else if (has_images(inner)) {
      throw Error(ErrorCode::kBadFormat,
                  inner.string() + ": contains images, but its name is not a" +
                      (split ? "n emotion" : " split (train, val, test) or an emotion") +
                      "; rename or move it");
    }
  }
}

/// The annotations of a JAFFE file name such as "KA.AN1.39.tiff"; empty for other names.
std::optional<LabeledImage> jaffe_image(const fs::path& path) {
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
  if (code == kCodes.end()) return std::nullopt;
  return LabeledImage{path, code->second, Split::kTraining, name.substr(0, 2)};
}

}  // namespace

bool has_image_extension(const fs::path& path) { return vision::has_photo_extension(path); }

LabeledFolder list_labeled_images(const fs::path& root) {
  LabeledFolder out;
  for (const fs::path& path : list(root).images) {
    if (std::optional<LabeledImage> image = jaffe_image(path))
      out.images.push_back(std::move(*image));
    else
      out.skipped.push_back(path);
  }
  add_classes(root, std::nullopt, out);
  if (out.images.empty() && !out.skipped.empty()) {
    throw Error(ErrorCode::kBadFormat,
                out.skipped[0].string() +
                    ": not in a class folder (angry, happy, …), and not named "
                    "like JAFFE's images (KA.AN1.39.tiff)");
  }
  if (out.images.empty()) {
    throw Error(ErrorCode::kNotFound,
                root.string() + ": no images in class folders (angry, happy, …)");
  }
  return out;
}

}  // namespace mien::datasets
