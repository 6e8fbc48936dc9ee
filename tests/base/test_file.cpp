#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
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

TEST(File, LinksStayAndWhereTheyLeadIsWritten) {
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

TEST(File, OpenFilesAreWrittenAsTheyAre) {
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

TEST(File, APipeIsWrittenToAndNotReplaced) {
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

TEST(File, SaysWhatIsWrong) {
  const test::TemporaryDir folder;
  EXPECT_EQ(code_of([&] { read_file(folder / "missing"); }), ErrorCode::kNotFound);
  EXPECT_EQ(code_of([&] { read_file(folder.path()); }), ErrorCode::kIo);
  write_file(folder / "big", std::string(100, 'x'));
  EXPECT_EQ(code_of([&] { read_file(folder / "big", 99); }), ErrorCode::kTooLarge);
  EXPECT_EQ(read_file(folder / "big", 100).size(), 100U);
}

TEST(File, ReadsAnEndlessFileOnlyToTheLimit) {
  EXPECT_EQ(code_of([&] { read_file("/dev/zero", 1 << 20); }), ErrorCode::kTooLarge);
}

TEST(JsonQuote, EscapesWhatJsonWants) {
  EXPECT_EQ(json_quote("a\"b\\c\n\x01"), "\"a\\\"b\\\\c\\n\\u0001\"");
  EXPECT_EQ(json_quote("Zoë 🙂"), "\"Zoë 🙂\"");
  // Not UTF-8: a lone continuation byte, an overlong slash, a surrogate, a cut-off sequence.
  EXPECT_EQ(json_quote("\x80|\xC0\xAF|\xED\xA0\x80|\xE2\x82"),
            "\"\uFFFD|\uFFFD\uFFFD|\uFFFD\uFFFD\uFFFD|\uFFFD\uFFFD\"");
}

}  // namespace
}  // namespace mien::base
