#pragma once

#include <algorithm>
#include <array>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

// Header-only, so that programs without image codecs can use the lists.
namespace mien::vision {

/// File name extensions of photos that decode_image reads; used to select the files of a folder.
/// Whether a file is an image is decided by its bytes.
inline constexpr std::array<std::string_view, 15> kPhotoExtensions = {
    ".jpg", ".jpeg", ".jpe", ".jfif", ".jif", ".mpo", ".png", ".webp",
    ".tif", ".tiff", ".bmp", ".dib",  ".pgm", ".ppm", ".pnm"};

/// Extensions of images that Mien recognizes but cannot read; a folder's listing includes them, so
/// that they are reported instead of skipped.
inline constexpr std::array<std::string_view, 30> kUnsupportedExtensions = {
    ".heic", ".heif", ".hif", ".avif", ".jxl", ".gif", ".jp2", ".j2k", ".psd", ".svg",
    ".cr2",  ".cr3",  ".crw", ".nef",  ".nrw", ".arw", ".sr2", ".srf", ".dng", ".raf",
    ".rw2",  ".orf",  ".pef", ".srw",  ".x3f", ".iiq", ".3fr", ".erf", ".kdc", ".mrw"};

/// Ignores case (ASCII).
inline bool has_extension(const std::filesystem::path& path,
                          std::span<const std::string_view> extensions) {
  std::string extension = path.extension().string();
  for (char& c : extension) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return std::ranges::find(extensions, extension) != extensions.end();
}

inline bool has_photo_extension(const std::filesystem::path& path) {
  return has_extension(path, kPhotoExtensions);
}

inline bool has_unsupported_extension(const std::filesystem::path& path) {
  return has_extension(path, kUnsupportedExtensions);
}

}  // namespace mien::vision
