// mien video as a program: turned, uneven, broken and unreachable clips, and what Ctrl-C leaves.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <map>
#include <thread>

#include "mien/face.hpp"
#include "video_rows.hpp"

namespace mien::test {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

class VideoInput : public VideoTest {
 protected:
  /// Reads a clip that ends early; gives the number of frames with faces.
  std::size_t frames_of_broken(const std::string& clip, const std::string& reason) {
    const ProcessResult result = video({clip, "--every", "5"});
    EXPECT_EQ(result.exit_code, 3) << clip;
    EXPECT_TRUE(mentions(result.error, {"mien: " + clip + ": ", reason, "results up to there",
                                        "seconds of each emotion"}));
    std::map<int, int> frames;
    for (const Json& row : rows(result.out)) ++frames[row["frame"]];
    return frames.size();
  }
};

TEST_F(VideoInput, PhoneClipsAreTurned) {
  make_clip(path("upright.mp4"), {"-an", "-t", "0.2"});
  const Json upright = rows(video({"upright.mp4"}).out).at(0);
  const Box wanted{upright["box"]["x"], upright["box"]["y"], upright["box"]["width"],
                   upright["box"]["height"]};
  const struct {
    const char* stored;  // how the camera wrote the frames
    std::array<int, 4> matrix;
  } kinds[] = {{"transpose=2", {0, 1, -1, 0}},
               {"hflip,vflip", {-1, 0, 0, -1}},
               {"transpose=1", {0, -1, 1, 0}},
               {"hflip", {-1, 0, 0, 1}}};
  for (const auto& kind : kinds) {
    make_clip(path("turned.mp4"), {"-an", "-t", "0.2"}, kind.stored);
    set_display_matrix(path("turned.mp4"), kind.matrix);
    const ProcessResult result = video({"turned.mp4", "--annotate", "drawn.mp4"});
    ASSERT_EQ(result.exit_code, 0) << result.error;
    const Json row = rows(result.out).at(0);
    EXPECT_GT(
        intersection_over_union(
            {row["box"]["x"], row["box"]["y"], row["box"]["width"], row["box"]["height"]}, wanted),
        0.9F)
        << kind.stored << ": " << row["box"];
    EXPECT_EQ(probe(path("drawn.mp4"), "width,height"), "640,360");
  }
}

TEST_F(VideoInput, TimesAreTheClipsOwnWhereFramesComeUnevenly) {
  // Of ten frames only the first three are there.
  make_clip(path("uneven.mp4"), {"-an", "-fps_mode", "vfr"}, "select='lt(mod(n,10),3)'");
  const ProcessResult result =
      video({"uneven.mp4", "--annotate", "drawn.mkv", "--summary", "summary.json"});
  ASSERT_EQ(result.exit_code, 0) << result.error;
  int last = -1;
  for (const Json& row : rows(result.out)) {
    const int frame = row["frame"];
    EXPECT_NEAR(row["time"], (frame / 3 * 10 + frame % 3) / 30.0, 2e-3) << "frame " << frame;
    last = frame;
  }
  EXPECT_EQ(last, 35);
  EXPECT_EQ(probe(path("drawn.mkv"), "nb_read_frames"), "36");
  EXPECT_NEAR(Json::parse(base::read_text(path("summary.json")))["persons"][0]["seconds"], 3.77,
              0.1);  // 112 frames' time, not 36 frames'
}

TEST_F(VideoInput, OfATruncatedClipTheBeginningIsKept) {
  make_clip(path("clip.mp4"),
            {"-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", "-movflags", "faststart"});
  copy_clip(path("clip.mp4"), path("clip.mkv"));
  cut_off(path("clip.mp4"), path("cut.mp4"), 0.6);
  cut_off(path("clip.mkv"), path("cut.mkv"), 0.6);
  for (const char* clip : {"cut.mp4", "cut.mkv"}) {
    const std::size_t frames = frames_of_broken(clip, "ends after 2.");
    EXPECT_GE(frames, 11U) << clip;  // of every fifth of 120
    EXPECT_LE(frames, 17U) << clip;
  }
}

TEST_F(VideoInput, APieceThatBeginsLateIsWhole) {
  make_clip(path("late.mkv"), {"-an", "-t", "0.4", "-output_ts_offset", "5"});
  const ProcessResult result = video({"late.mkv"});
  EXPECT_EQ(result.exit_code, 0) << result.error;
  EXPECT_NEAR(rows(result.out).at(0)["time"], 0, 1e-3);
}

TEST_F(VideoInput, TimeContinuesWhereTheClockRestarts) {
  make_clip(path("one.ts"), {"-t", "1", "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac"});
  const std::string one = base::read_text(path("one.ts"));
  base::write_file(path("three.ts"), one + one + one);
  const ProcessResult result = video({"three.ts", "--annotate", "drawn.mkv"});
  ASSERT_EQ(result.exit_code, 0) << result.error;
  std::map<int, double> times;
  for (const Json& row : rows(result.out)) times[row["frame"]] = row["time"];
  ASSERT_GE(times.size(), 80U);
  double before = -1;
  for (const auto& [frame, seconds] : times) {
    EXPECT_GT(seconds, before) << "frame " << frame;
    before = seconds;
  }
  EXPECT_NEAR(times.rbegin()->second, 3, 0.3);
  EXPECT_GE(std::stoi(probe(path("drawn.mkv"), "nb_read_frames")), 88);
}

TEST_F(VideoInput, DamagedPartsAreLeftOut) {
  make_clip(path("clip.mkv"), {"-an", "-c:v", "mpeg4", "-q:v", "4"});
  std::string bytes = base::read_text(path("clip.mkv"));
  for (std::size_t i = 0; i < 20000; ++i)
    bytes[bytes.size() / 3 + i] = static_cast<char>(i * 7919 >> 3);
  base::write_file(path("clip.mkv"), bytes);
  EXPECT_GT(frames_of_broken("clip.mkv", ""), 10U);
}

TEST_F(VideoInput, WhatIsNoClipIsNamed) {
  const std::string no_clip = "not a video";
  const auto expect = [&](const std::string& clip, int code, const std::string& part) {
    const ProcessResult result = video({clip, "-o", "rows.csv"});
    EXPECT_EQ(result.exit_code, code) << clip;
    EXPECT_TRUE(mentions(result.error, {"mien: " + clip + ": ", part}));
    EXPECT_FALSE(fs::exists(path("rows.csv"))) << clip;
  };
  base::write_file(path("empty.mp4"), std::string_view());
  expect("empty.mp4", 1, no_clip);
  base::write_file(path("text.mp4"), std::string_view("It was a dark and stormy night.\n"));
  expect("text.mp4", 1, no_clip);
  make_clip(path("clip.mp4"), {"-an", "-t", "0.2"});  // the index is at its end
  cut_off(path("clip.mp4"), path("no_index.mp4"), 0.5);
  expect("no_index.mp4", 1, no_clip);
  ffmpeg({"-f", "lavfi", "-i", "sine=440:d=1", path("tone.wav")});
  expect("tone.wav", 1, "no video stream");
  ffmpeg({"-i", path("tone.wav"), "-i", kClipFaces / "2008_001009.jpg", "-map", "0", "-map", "1",
          "-c:v", "copy", "-disposition:v", "attached_pic", path("cover.mp3")});
  expect("cover.mp3", 1, "no video stream");
  fs::create_directory(path("folder"));
  expect("folder", 1, "Is a directory");
  expect("missing.mp4", 1, "no such file");
  expect("camera:x", 2, "camera:0");
  const ProcessResult camera = video({"camera:93"});
  EXPECT_EQ(camera.exit_code, 1);
  EXPECT_TRUE(mentions(camera.error, {"camera:93: ", "/dev/video93"}));
}

TEST_F(VideoInput, ACameraThatIsUnplugged) {
#ifndef MIEN_FAKE_CAMERA
  GTEST_SKIP() << "sanitizers allow no preloaded camera";
#else
  make_clip(path("frames.yuv"),
            {"-an", "-t", "1", "-r", "15", "-f", "rawvideo", "-pix_fmt", "yuyv422"},
            "scale=426:240,crop=320:240");
  Command read = command({"camera:9", "-o", "rows.jsonl", "--annotate", "drawn.mp4"});
  read.environment["LD_PRELOAD"] = MIEN_FAKE_CAMERA;
  read.environment["FAKE_CAMERA"] = path("frames.yuv");
  const ProcessResult result = run(read);
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_TRUE(mentions(result.error, {"camera:9: ", "unplugged", "No such device"}));
  const std::vector<Json> all = rows(base::read_text(path("rows.jsonl")));
  ASSERT_FALSE(all.empty());
  EXPECT_EQ(all.front()["time"], 0);
  EXPECT_EQ(all.back()["frame"], 14);
  EXPECT_NEAR(all.back()["time"], 14.0 / 15, 1e-3);
  EXPECT_EQ(probe(path("drawn.mp4"), "nb_read_frames"), "15");
#endif
}

TEST_F(VideoInput, AColonInANameIsNoProtocol) {
  make_clip(path("a:b.mp4"), {"-an", "-t", "0.2"});
  EXPECT_EQ(video({"a:b.mp4"}).exit_code, 0);
}

TEST_F(VideoInput, StandardInput) {
  make_clip(path("clip.mkv"), {"-an", "-t", "0.2"});
  Command piped = command({"-"});
  piped.input = base::read_text(path("clip.mkv"));
  const ProcessResult result = run(piped);
  EXPECT_EQ(result.exit_code, 0) << result.error;
  EXPECT_EQ(rows(result.out).back()["frame"], 5);
}

TEST_F(VideoInput, CtrlCLeavesWholeOutputs) {
  make_clip(path("clip.mp4"));
  copy_clip(path("clip.mp4"), path("four.mp4"));
  ffmpeg({"-stream_loop", "500", "-i", path("clip.mp4"), "-c", "copy",
          path("long.mp4")});  // half an hour
  Process process(command(
      {"long.mp4", "-o", "rows.csv", "--annotate", "drawn.mp4", "--summary", "summary.json"}));
  const auto rows_so_far = [&] {
    for (const fs::directory_entry& entry : fs::directory_iterator(folder_.path())) {
      if (entry.path().filename().string().starts_with(".rows.csv."))
        return fs::file_size(entry.path());
    }
    return std::uintmax_t{0};
  };
  while (process.running() && rows_so_far() < 5000)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  process.send(SIGINT);
  const ProcessResult result = process.wait();
  EXPECT_EQ(result.exit_code, 130);
  EXPECT_TRUE(mentions(result.error, {"stopped after", "results up to there"}));
  const std::string csv = base::read_text(path("rows.csv"));
  EXPECT_GE(csv.size(), 5000U);
  EXPECT_TRUE(csv.ends_with("\n"));
  EXPECT_GE(std::stoi(probe(path("drawn.mp4"), "nb_read_frames")), 10);
  EXPECT_EQ(Json::parse(base::read_text(path("summary.json")))["persons"].size(), 2U);
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_.path()))
    EXPECT_NE(entry.path().extension(), ".part");
}

/// An HTTP server for one file, on a port of its own; after `limit` bytes it hangs up.
class SmallServer {
 public:
  SmallServer(std::string body, std::size_t limit)
      : body_(std::move(body)), limit_(std::min(limit, body_.size())) {
    listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::socklen_t size = sizeof address;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::listen(listener_, 4) != 0)
      throw std::runtime_error("no port");
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    url_ = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/clip.mkv";
    thread_ = std::jthread([this] { serve(); });
  }
  ~SmallServer() { ::shutdown(listener_, SHUT_RDWR); }
  const std::string& url() const { return url_; }

 private:
  void serve() {
    for (int client; (client = ::accept(listener_, nullptr, nullptr)) >= 0; ::close(client)) {
      char request[4096];
      if (::recv(client, request, sizeof request, 0) <= 0) continue;
      const std::string answer =
          "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: "
          "video/x-matroska\r\nContent-Length: " +
          std::to_string(body_.size()) + "\r\n\r\n" + body_.substr(0, limit_);
      for (std::size_t sent = 0; sent < answer.size();) {
        const ::ssize_t put =
            ::send(client, answer.data() + sent, answer.size() - sent, MSG_NOSIGNAL);
        if (put <= 0) break;
        sent += static_cast<std::size_t>(put);
      }
    }
    ::close(listener_);
  }

  std::string body_, url_;
  std::size_t limit_;
  int listener_ = -1;
  std::jthread thread_;
};

TEST_F(VideoInput, AUrlAndOneThatBreaksOff) {
  make_clip(path("clip.mkv"), {"-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac"});
  const std::string clip = base::read_text(path("clip.mkv"));
  {
    const SmallServer server(clip, clip.size());
    const ProcessResult result = video({server.url(), "--every", "10"});
    EXPECT_EQ(result.exit_code, 0) << result.error;
    EXPECT_EQ(rows(result.out).back()["frame"], 110);
  }
  const SmallServer server(clip, clip.size() / 2);
  EXPECT_GE(frames_of_broken(server.url(), ""), 8U);
  const ProcessResult refused = video({"http://127.0.0.1:9/clip.mkv"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_TRUE(mentions(refused.error, {"http://127.0.0.1:9/clip.mkv: ", "Connection refused"}));
}

}  // namespace
}  // namespace mien::test
