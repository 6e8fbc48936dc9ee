#include "inputs.hpp"

#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>

#include "base/descriptor.hpp"
#include "base/file.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"
#include "common/interrupt.hpp"
#include "mien/error.hpp"
#include "vision/decode.hpp"
#include "vision/photo_files.hpp"

namespace mien::apps {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBlock = 65536;
constexpr std::size_t kMaxPath = 65536;                      ///< bytes; Linux allows 4,096
constexpr std::size_t kMaxUtf16List = std::size_t{1} << 30;  ///< bytes; such a list is held at once

constexpr std::string_view kVideos[] = {".mp4", ".m4v", ".mov",  ".mkv", ".webm", ".avi",  ".wmv",
                                        ".flv", ".mpg", ".mpeg", ".ts",  ".mts",  ".m2ts", ".3gp"};
/// Other files in a folder, such as notes, are ignored.
bool may_be_photo(const fs::path& path) {
  return vision::has_photo_extension(path) || vision::has_unsupported_extension(path) ||
         vision::has_extension(path, kVideos);
}

bool is_image(std::string_view bytes) {
  try {
    vision::read_image_info(std::as_bytes(std::span(bytes)), "list");
    return true;
  } catch (const Error&) {
    return false;
  }
}

bool is_utf16(std::string_view bytes) {
  return bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF");
}

class Collector {
 public:
  Collector(const Shard& shard, const fs::path& own_folder)
      : shard_(shard), own_folder_(own_folder) {}

  void add_argument(const std::string& argument) {
    std::error_code ignored;
    if (argument == "-")
      add_list(argument);
    else if (argument.find_first_of("*?[") != std::string::npos && !fs::exists(argument, ignored))
      add_pattern(argument);
    else
      add_path(argument);
  }

  void add_list(const std::string& name) {
    const std::string called = name == "-" ? "standard input" : name;
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> opened(
        name == "-" ? nullptr : std::fopen(name.c_str(), "rb"),
        [](std::FILE* file) { return file == nullptr ? 0 : std::fclose(file); });
    std::FILE* const file = name == "-" ? stdin : opened.get();
    if (file == nullptr) fail_list(called, errno);
    std::string block(kBlock, '\0'), pending;
    std::optional<char> separator;
    while (const std::size_t count = std::fread(block.data(), 1, block.size(), file)) {
      std::string bytes = block.substr(0, count);
      if (!separator) {
        if (is_image(bytes))
          throw Error(ErrorCode::kInvalidArgument,
                      called + ": must be a list of paths, not an image");
        if (is_utf16(bytes)) bytes = read_rest(std::move(bytes), file, called);
        bytes = base::decode_text(std::move(bytes));
        separator = bytes.find('\0') == std::string::npos ? '\n' : '\0';
      }
      pending += bytes;
      std::size_t begin = 0;
      for (std::size_t end; (end = pending.find(*separator, begin)) != std::string::npos;
           begin = end + 1) {
        add_entry(pending.substr(begin, end - begin), *separator);
      }
      pending.erase(0, begin);
      if (pending.size() > kMaxPath)
        throw Error(ErrorCode::kInvalidArgument,
                    called + ": must be a list of paths, one per line");
    }
    if (std::ferror(file) != 0) fail_list(called, errno);
    if (separator) add_entry(std::move(pending), *separator);
  }

  bool is_own(const fs::path& path) const {
    std::error_code ignored;
    return !own_folder_.empty() && fs::equivalent(path, own_folder_, ignored);
  }

  bool saw_any() const { return saw_any_; }
  std::vector<PhotoInput> take_photos() { return std::move(photos_); }

 private:
  [[noreturn]] static void fail_list(const std::string& called, int error) {
    throw Error(error == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo,
                called + ": cannot read the list: " + std::strerror(error));
  }

  static std::string read_rest(std::string bytes, std::FILE* file, const std::string& called) {
    std::string block(kBlock, '\0');
    while (const std::size_t count = std::fread(block.data(), 1, block.size(), file)) {
      bytes.append(block, 0, count);
      if (bytes.size() > kMaxUtf16List)
        throw Error(ErrorCode::kTooLarge, called + ": too large; write the list in UTF-8");
    }
    return bytes;
  }

  void add_entry(std::string path, char separator) {
    if (separator == '\n' && !path.empty() && path.back() == '\r') path.pop_back();
    if (!path.empty()) add_path(path);
  }

  void add_path(const std::string& path) {
    std::error_code ignored;
    if (fs::is_directory(path, ignored))
      add_folder(path);
    else
      add_photo({path});
  }

  void add_folder(const fs::path& folder) {
    std::vector<PhotoInput> found;
    list(folder, found);
    std::sort(found.begin(), found.end(),
              [](const PhotoInput& a, const PhotoInput& b) { return a.path < b.path; });
    if (found.empty()) found.push_back({folder.string(), "no image files in this folder"});
    for (PhotoInput& photo : found) add_photo(std::move(photo));
  }

  /// Links to folders are not followed, because they may form a loop.
  void list(const fs::path& folder, std::vector<PhotoInput>& found) const {
    std::error_code error;
    fs::directory_iterator entry(folder, error), end;
    for (; !error && entry != end; entry.increment(error)) {
      std::error_code ignored;
      if (entry->is_directory(ignored) && !entry->is_symlink(ignored)) {
        if (!is_own(entry->path())) list(entry->path(), found);
      } else if (entry->is_regular_file(ignored) && may_be_photo(entry->path())) {
        found.push_back({entry->path().string()});
      }
    }
    if (error) found.push_back({folder.string(), "cannot list the folder: " + error.message()});
  }

  void add_pattern(const std::string& pattern) {
    glob_t matches{};
    if (::glob(pattern.c_str(), 0, nullptr, &matches) == 0) {
      for (std::size_t i = 0; i < matches.gl_pathc; ++i) {
        if (!is_own(matches.gl_pathv[i])) add_path(matches.gl_pathv[i]);
      }
    } else {
      add_photo({pattern, "no file matches this pattern"});
    }
    ::globfree(&matches);
  }

  void add_photo(PhotoInput photo) {
    saw_any_ = true;
    if (shard_.contains(photo.path)) photos_.push_back(std::move(photo));
  }

  const Shard& shard_;
  const fs::path& own_folder_;
  std::vector<PhotoInput> photos_;
  bool saw_any_ = false;
};

}  // namespace

fs::path identity_of(const fs::path& path) {
  std::error_code error;
  fs::path canonical = fs::weakly_canonical(path, error);
  return error ? path : canonical;
}

bool Shard::contains(std::string_view path) const {
  // The last steps of MurmurHash3 spread FNV-1a over all bits.
  std::uint64_t hash = base::fnv1a(path);
  hash = (hash ^ hash >> 33) * 0xff51afd7ed558ccdu;
  hash = (hash ^ hash >> 33) * 0xc4ceb9fe1a85ec53u;
  return (hash ^ hash >> 33) % count == index - 1;
}

Shard shard_from_string(const std::string& text) {
  Shard shard;
  const char* const end = text.data() + text.size();
  const auto index = std::from_chars(text.data(), end, shard.index);
  if (index.ec == std::errc() && index.ptr != end && *index.ptr == '/') {
    const auto count = std::from_chars(index.ptr + 1, end, shard.count);
    if (count.ec == std::errc() && count.ptr == end && shard.index >= 1 &&
        shard.index <= shard.count)
      return shard;
  }
  throw Error(ErrorCode::kInvalidArgument,
              "--shard: must be I/N, such as 3/16 for the third of 16 shards, not '" + text + "'");
}

std::vector<PhotoInput> collect_photos(std::span<const std::string> arguments,
                                       const std::string& list, const Shard& shard,
                                       const fs::path& own_folder) {
  Collector collector(shard, own_folder);
  for (const std::string& argument : arguments) {
    // Among others, it probably comes from a pattern that the shell expanded.
    if (arguments.size() == 1 || !collector.is_own(argument)) collector.add_argument(argument);
  }
  if (!list.empty()) collector.add_list(list);
  if (!collector.saw_any()) {
    throw Error(ErrorCode::kInvalidArgument, list.empty() || list == "-"
                                                 ? "standard input: the list of photos is empty"
                                                 : list + ": the list of photos is empty");
  }
  return collector.take_photos();
}

std::vector<std::byte> read_photo(const std::string& path) {
  if (vision::has_extension(path, kVideos))
    throw Error(ErrorCode::kUnsupported, path + ": this is a video; use mien video " + path);
  const std::size_t limit = vision::DecodeLimits{}.max_file_bytes;
  std::error_code ignored;
  if (!fs::is_fifo(path, ignored)) return base::read_file(path, limit);
  // Not blocking: a signal that another thread receives does not end a blocked call.
  const base::Descriptor file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  const auto fail = [&] {
    throw Error(ErrorCode::kIo, path + ": cannot read: " + std::strerror(errno));
  };
  if (file.get() < 0) fail();
  std::vector<std::byte> bytes;
  std::array<std::byte, kBlock> block;
  while (!Interrupt::requested()) {
    constexpr int kPollMilliseconds = 100;
    pollfd wait{file.get(), POLLIN, 0};
    if (::poll(&wait, 1, kPollMilliseconds) <= 0) continue;
    const ssize_t count = ::read(file.get(), block.data(), block.size());
    if (count == 0) return bytes;
    if (count < 0 && errno != EAGAIN && errno != EINTR) fail();
    if (count > 0) bytes.insert(bytes.end(), block.begin(), block.begin() + count);
    if (bytes.size() > limit) throw Error(ErrorCode::kTooLarge, path + ": too large for a photo");
  }
  throw Error(ErrorCode::kInterrupted, path + ": interrupted");
}

std::string message_without_path(const std::exception& error, const std::string& path) {
  std::string message = error.what();
  if (message.starts_with(path + ": ")) message.erase(0, path.size() + 2);
  return message;
}

}  // namespace mien::apps
