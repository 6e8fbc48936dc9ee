#pragma once

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "apps_support.hpp"

// Short clips of public-domain faces that move over a background, made by Debian's ffmpeg.
namespace mien::test {

inline const std::filesystem::path kFfmpeg = "/usr/bin/ffmpeg", kFfprobe = "/usr/bin/ffprobe";
inline const std::filesystem::path kMienVideo = std::filesystem::path(MIEN_BIN_DIR) / "mien-video";
inline const std::filesystem::path kClipFaces =
    "/usr/share/doc/libdlib19.1/examples/faces";  // libdlib19.1

inline void ffmpeg(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"-v", "error", "-nostdin", "-y"});
  const ProcessResult result = run({.program = kFfmpeg, .arguments = std::move(arguments)});
  ASSERT_EQ(result.exit_code, 0) << result.error;
}

/// What ffprobe says of the first image stream (or of "a:0", the first sound): e.g. probe(clip,
/// "width").
inline std::string probe(const std::filesystem::path& clip, const std::string& field,
                         const std::string& stream = "v:0") {
  const ProcessResult result =
      run({.program = kFfprobe,
           .arguments = {"-v", "error", "-count_frames", "-select_streams", stream, "-show_entries",
                         "stream=" + field, "-of", "csv=p=0", clip}});
  EXPECT_EQ(result.error, "");
  return result.out.substr(0, result.out.find('\n'));
}

/// Two people, 640x360, 30 frames/s, four seconds, with sound. The one above moves right by 100
/// pixels a second and is hidden from second 2 to 2.7; the one below moves left as fast.
struct TwoPeople {
  int frames = 120;
  static double upper_x(double time) { return 120 + 100 * time; }  // about the middle of the face
  static double lower_x(double time) { return 512 - 100 * time; }
};
inline void make_clip(const std::filesystem::path& path,
                      std::vector<std::string> how = {"-c:v", "libx264", "-preset", "ultrafast",
                                                      "-c:a", "aac"},
                      const std::string& change = "null") {
  std::vector<std::string> words = {
      "-f",
      "lavfi",
      "-i",
      "color=0x8090a0:s=640x360:r=30:d=4",
      "-loop",
      "1",
      "-r",
      "30",
      "-t",
      "4",
      "-i",
      kClipFaces / "2008_001009.jpg",
      "-loop",
      "1",
      "-r",
      "30",
      "-t",
      "4",
      "-i",
      kClipFaces / "2009_004587.jpg",
      "-f",
      "lavfi",
      "-i",
      "sine=440:d=4",
      "-filter_complex",
      "[1]crop=144:144:111:45,scale=200:200[a];[2]crop=144:144:120:12,scale=200:200[b];"
      "[0][a]overlay=x='20+100*t':y=10:enable='not(between(t,2,2.7))'[x];[x][b]overlay=x='420-100*"
      "t':y=150[y];[y]" +
          change + "[z]",
      "-map",
      "[z]",
      "-map",
      "3:a",
      "-pix_fmt",
      "yuv420p"};
  words.insert(words.end(), how.begin(), how.end());
  words.push_back(path);
  ffmpeg(words);
}

/// The same clip in another container or with other streams, without encoding anew.
inline void copy_clip(const std::filesystem::path& from, const std::filesystem::path& to,
                      std::vector<std::string> how = {}) {
  std::vector<std::string> words = {"-i", from, "-c", "copy"};
  words.insert(words.end(), how.begin(), how.end());
  words.push_back(to);
  ffmpeg(words);
}

/// The first `part` of a file's bytes.
inline void cut_off(const std::filesystem::path& from, const std::filesystem::path& to,
                    double part) {
  const std::string bytes = base::read_text(from);
  base::write_file(
      to, bytes.substr(0, static_cast<std::size_t>(static_cast<double>(bytes.size()) * part)));
}

/// Sets how players turn an MP4 file: the display matrix {a, b, c, d} of its first track, x' = a x
/// + c y, y' = b x + d y.
inline void set_display_matrix(const std::filesystem::path& clip, std::array<int, 4> matrix) {
  std::string bytes = base::read_text(clip);
  const std::size_t at = bytes.find("tkhd") + 44;
  const std::array<std::int64_t, 9> values = {matrix[0] * 65536,
                                              matrix[1] * 65536,
                                              0,
                                              matrix[2] * 65536,
                                              matrix[3] * 65536,
                                              0,
                                              0,
                                              0,
                                              1 << 30};
  for (std::size_t i = 0; i < values.size(); ++i) {
    for (std::size_t byte = 0; byte < 4; ++byte)
      bytes[at + 4 * i + byte] = static_cast<char>(values[i] >> (24 - 8 * byte) & 0xff);
  }
  base::write_file(clip, bytes);
}

}  // namespace mien::test
