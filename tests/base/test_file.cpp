#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <functional>

#include "base/file.hpp"
#include "error_code.hpp"
#include "mien/error.hpp"
#include "support.hpp"

namespace mien::base {
namespace {

using test::code_of;

TEST(File, WritesAndReadsBack) {
  const test::TemporaryDir folder;
  const std::string text("a\0b\n", 4);
  write_file(folder / "f", text);
  EXPECT_EQ(read_text(folder / "f"), text);
  write_file(folder / "f", std::string_view("shorter"));
  EXPECT_EQ(read_text(folder / "f"), "shorter");
  // Nothing temporary stays behind.
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST(File, FailedWriteKeepsTheOldFile) {
  const test::TemporaryDir folder;
  EXPECT_EQ(code_of([&] { write_file(folder / "no/such/folder", std::string_view("x")); }),
            ErrorCode::kNotFound);
  std::filesystem::create_directory(folder / "d");
  EXPECT_EQ(code_of([&] { write_file(folder / "d", std::string_view("x")); }),
            ErrorCode::kIo);  // a folder in the way
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST(File, WritesThroughSymbolicLinks) {
  const test::TemporaryDir folder;
  namespace fs = std::filesystem;
  fs::create_directory(folder / "d");
  write_file(folder / "d/file", std::string_view("old"));
  fs::create_symlink("d/file", folder / "link");
  fs::create_symlink("link", folder / "second");
  fs::create_symlink("d/new", folder / "dangling");
  write_file(folder / "second", std::string_view("text"));
  write_file(folder / "dangling", std::string_view("made"));
  EXPECT_EQ(read_text(folder / "d/file"), "text");
  EXPECT_EQ(read_text(folder / "d/new"), "made");
  for (const char* name : {"link", "second", "dangling"})
    EXPECT_TRUE(fs::is_symlink(folder / name)) << name;
  fs::create_symlink("circle", folder / "circle");
  EXPECT_THROW(write_file(folder / "circle" / "x", std::string_view("x")), Error);
}

TEST(File, WritesOpenFilesInPlace) {
  const test::TemporaryDir folder;
  const std::filesystem::path file = folder / "f";
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT, 0600);
  const std::string number = std::to_string(descriptor);
  for (const std::string& name : {"/dev/fd/" + number, "/proc/self/fd/" + number}) {
    EXPECT_TRUE(destination_of(name).is_in_place) << name;
    write_file(name, std::string_view("text"));
    char text[8] = {};
    EXPECT_EQ(::pread(descriptor, text, sizeof text, 0), 4)
        << name;  // the very file, not another of its name
    EXPECT_STREQ(text, "text");
  }
  EXPECT_TRUE(destination_of("/dev/stdout").is_in_place);
  EXPECT_FALSE(destination_of(file).is_in_place);
  ::close(descriptor);
}

TEST(File, WritesToAPipeWithoutReplacingIt) {
  const test::TemporaryDir folder;
  const std::filesystem::path pipe = folder / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const int reader = ::open(pipe.c_str(), O_RDONLY | O_NONBLOCK);
  write_file(pipe, std::string_view("text"));
  char text[8] = {};
  EXPECT_EQ(::read(reader, text, sizeof text), 4);
  EXPECT_STREQ(text, "text");
  EXPECT_TRUE(std::filesystem::is_fifo(pipe));
  ::close(reader);
}

TEST(File, ErrorsHaveCodes) {
  const test::TemporaryDir folder;
  EXPECT_EQ(code_of([&] { read_file(folder / "missing"); }), ErrorCode::kNotFound);
  EXPECT_EQ(code_of([&] { read_file(folder.path()); }), ErrorCode::kIo);
  write_file(folder / "big", std::string(100, 'x'));
  EXPECT_EQ(code_of([&] { read_file(folder / "big", 99); }), ErrorCode::kTooLarge);
  EXPECT_EQ(read_file(folder / "big", 100).size(), 100U);
}

TEST(File, ReadsAnEndlessFileUpToTheLimit) {
  EXPECT_EQ(code_of([&] { read_file("/dev/zero", 1 << 20); }), ErrorCode::kTooLarge);
}

TEST(File, DecodesTextByItsByteOrderMark) {
  const test::TemporaryDir folder;
  using namespace std::string_view_literals;
  write_file(folder / "utf8",
             "\xEF\xBB\xBF"
             "a\n"sv);
  write_file(folder / "utf16le",
             "\xFF\xFE"
             "a\0\xE9\0\x3D\xD8\x42\xDE\n\0"sv);
  write_file(folder / "utf16be",
             "\xFE\xFF"
             "\0a\0\xE9\xD8\x3D\xDE\x42\0\n"sv);
  EXPECT_EQ(read_text(folder / "utf8"), "a\n");
  EXPECT_EQ(read_text(folder / "utf16le"), "a\u00e9\U0001F642\n");
  EXPECT_EQ(read_text(folder / "utf16be"), "a\u00e9\U0001F642\n");
  EXPECT_EQ(read_file(folder / "utf8").size(), 5U);  // bytes stay
}

/// Runs `body` in a process whose files may have `limit` bytes; returns how it ended.
int with_file_limit(rlim_t limit, bool is_killed, const std::function<void()>& body) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (!is_killed) ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limits{limit, limit};
    ::setrlimit(RLIMIT_FSIZE, &limits);
    int code = 0;
    try {
      body();
    } catch (const Error& error) {
      code = error.code() == ErrorCode::kIo ? 7 : 8;
    }
    ::_exit(code);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

TEST(File, FullDiskAndSignalKeepTheOldFile) {
  const test::TemporaryDir folder;
  write_file(folder / "f", std::string_view("old"));
  const auto write = [&] { write_file(folder / "f", std::string(100000, 'x')); };
  EXPECT_EQ(with_file_limit(5000, false, write), 7);
  EXPECT_EQ(read_text(folder / "f"), "old");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);

  EXPECT_EQ(with_file_limit(5000, true, write), 128 + SIGXFSZ);
  EXPECT_EQ(read_text(folder / "f"), "old");
  const int unnamed = ::open(folder.path().c_str(), O_TMPFILE | O_WRONLY, 0600);
  if (unnamed < 0) GTEST_SKIP() << "the file system has no files without a name";
  ::close(unnamed);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST(File, ExistingTemporaryNamesAreNotUsed) {
  const test::TemporaryDir folder;
  const std::filesystem::path other = folder / "other", target = folder / "f";
  write_file(other, std::string_view("other"));
  std::filesystem::path taken = target;
  taken += format(".%d-0.tmp", static_cast<int>(::getpid()));
  std::filesystem::create_symlink(other, taken);
  write_file(target, std::string_view("text"));
  EXPECT_EQ(read_text(target), "text");
  EXPECT_EQ(read_text(other), "other");
  EXPECT_TRUE(std::filesystem::is_symlink(taken));
}

}  // namespace
}  // namespace mien::base
