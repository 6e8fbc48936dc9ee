// mien video as a program: what it makes of a clip.
#include <map>
#include <set>

#include "mien/face.hpp"
#include "video_rows.hpp"
#include "vision/decode.hpp"

namespace mien::test {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

class Video : public VideoTest {};

double center(const Json& row) {
  return row["box"]["x"].get<double>() + row["box"]["width"].get<double>() / 2;
}
double middle(const Json& row) {
  return row["box"]["y"].get<double>() + row["box"]["height"].get<double>() / 2;
}
Box box(const Json& row) {
  return {row["box"]["x"], row["box"]["y"], row["box"]["width"], row["box"]["height"]};
}

TEST_F(Video, PersonsKeepTheirNumbersWhereTheyPassAndHide) {
  make_clip(path("clip.mp4"));
  const ProcessResult result = video({"clip.mp4", "--summary", "summary.json"});
  ASSERT_EQ(result.exit_code, 0) << result.error;
  std::map<int, int> frames;  // by person
  int upper = 0;
  for (const Json& row : rows(result.out)) {
    const int number = row["track"], frame = row["frame"];
    const double time = row["time"];
    EXPECT_NEAR(time, frame / 30.0, 1e-3);
    ++frames[number];
    const bool is_upper = middle(row) < 180;
    if (is_upper && upper == 0) upper = number;
    EXPECT_EQ(is_upper, number == upper) << "frame " << frame;
    EXPECT_NEAR(center(row), is_upper ? TwoPeople::upper_x(time) : TwoPeople::lower_x(time), 20)
        << "frame " << frame;
    double sum = 0;
    for (const auto& [label, probability] : row["probabilities"].items())
      sum += probability.get<double>();
    EXPECT_NEAR(sum, 1, 1e-3);
    EXPECT_EQ(row["confidence"], row["probabilities"][row["emotion"].get<std::string>()]);
  }
  ASSERT_EQ(frames.size(), 2U);
  EXPECT_NEAR(frames[upper], 99, 6);
  EXPECT_NEAR(frames[3 - upper], 120, 3);

  const Json summary = Json::parse(base::read_text(path("summary.json")));
  EXPECT_NEAR(summary["seconds"], 4, 0.05);
  ASSERT_EQ(summary["persons"].size(), 2U);
  for (const Json& person : summary["persons"]) {
    double sum = 0;
    for (const auto& [label, seconds] : person["emotions"].items()) sum += seconds.get<double>();
    EXPECT_NEAR(sum, person["seconds"], 1e-2);
    EXPECT_NEAR(sum, frames[person["track"]] / 30.0, 0.05);
  }
  EXPECT_NE(result.error.find("seconds of each emotion"), std::string::npos) << result.error;
}

TEST_F(Video, BoxesCarriedByMotionAgreeWithDetectionInEveryFrame) {
  make_clip(path("clip.mp4"));
  const auto read = [&](const std::string& every) {
    std::map<std::pair<int, int>, Json> out;  // by frame and person
    for (const Json& row : rows(video({"clip.mp4", "--detect-every", every}).out))
      out[{row["frame"], row["track"]}] = row;
    return out;
  };
  const auto all = read("1"), third = read("3");
  int detected = 0, same = 0;
  double overlap = 0;
  for (const auto& [key, row] : third) {
    detected += row["detected"] ? 1 : 0;
    if (!all.contains(key)) continue;
    ++same;
    overlap += intersection_over_union(box(row), box(all.at(key)));
    EXPECT_EQ(row["emotion"], all.at(key)["emotion"]);
    EXPECT_TRUE(all.at(key)["detected"]);
  }
  EXPECT_NEAR(detected, third.size() / 3.0, 5);
  EXPECT_GE(same, static_cast<int>(third.size()) - 6);
  EXPECT_GT(overlap / same, 0.85);  // HOG's boxes come in steps
}

TEST_F(Video, SomebodyElseAfterACutIsSomebodyElse) {
  // The same place, another face and another background.
  ffmpeg({"-f", "lavfi", "-i", "color=0x204060:s=320x240:r=30:d=1", "-f", "lavfi", "-i",
          "color=0xc0b090:s=320x240:r=30:d=1", "-i", kClipFaces / "2008_001009.jpg", "-i",
          kClipFaces / "2009_004587.jpg", "-filter_complex",
          "[2]crop=144:144:111:45,scale=200:200[a];[3]crop=144:144:120:12,scale=200:200[b];[0][a]"
          "overlay=60:20[x];[1][b]overlay=60:20[y];[x][y]concat",
          "-pix_fmt", "yuv420p", path("cut.mp4")});
  std::map<int, std::set<int>> seconds;  // by person
  for (const Json& row : rows(video({"cut.mp4"}).out))
    seconds[row["track"]].insert(row["frame"].get<int>() / 30);
  EXPECT_EQ(seconds, (std::map<int, std::set<int>>{{1, {0}}, {2, {1}}}));
}

TEST_F(Video, RowsAsCsvAndFewerFrames) {
  make_clip(path("clip.mp4"));
  ASSERT_EQ(video({"clip.mp4", "--every", "10", "-o", "rows.csv"}).exit_code, 0);
  const std::string csv = base::read_text(path("rows.csv"));
  EXPECT_EQ(
      csv.find("time,frame,track,x,y,width,height,detected,emotion,confidence,uncertain,angry,"),
      0U)
      << csv;
  const auto frames = [&](std::vector<std::string> arguments) {
    std::set<int> out;
    for (const Json& row : rows(video(std::move(arguments)).out))
      out.insert(row["frame"].get<int>());
    return out;
  };
  std::set<int> tenths;
  for (int i = 0; i < 12; ++i) tenths.insert(10 * i);
  EXPECT_EQ(frames({"clip.mp4", "--every", "10"}), tenths);
  EXPECT_EQ(frames({"clip.mp4", "--per-second", "3"}), tenths);
  std::istringstream lines(csv);
  std::string line;
  std::getline(lines, line);
  std::set<int> from_csv;
  while (std::getline(lines, line)) from_csv.insert(std::stoi(line.substr(line.find(',') + 1)));
  EXPECT_EQ(from_csv, tenths);
}

TEST_F(Video, SmoothingTakesTheFlickerOut) {
  make_clip(path("clip.mp4"), {"-c:v", "libx264", "-crf", "40", "-an"}, "noise=alls=40:allf=t");
  const auto restlessness = [&](const std::string& smoothing) {
    double sum = 0;
    std::map<int, double> before;  // by person
    for (const Json& row : rows(video({"clip.mp4", "--smoothing", smoothing}).out)) {
      const double happy = row["probabilities"]["happy"];
      if (before.contains(row["track"])) sum += std::abs(happy - before[row["track"]]);
      before[row["track"]] = happy;
    }
    return sum;
  };
  EXPECT_LT(restlessness("0.2"), 0.5 * restlessness("0"));
}

TEST_F(Video, TheAnnotatedCopyIsAWholeClipWithSound) {
  make_clip(path("clip.mp4"));
  const ProcessResult result =
      video({"clip.mp4", "--annotate", "drawn.mp4", "-o", "rows.jsonl", "--every", "3"});
  ASSERT_EQ(result.exit_code, 0) << result.error;
  EXPECT_EQ(probe(path("drawn.mp4"), "width,height,nb_read_frames"), "640,360,120");
  EXPECT_EQ(probe(path("drawn.mp4"), "codec_name", "a:0"), "aac");
  EXPECT_NEAR(std::stod(probe(path("drawn.mp4"), "duration", "a:0")), 4, 0.1);
  // A frame that was not read itself has boxes too: a frame line is painted where the clip was
  // plain.
  ffmpeg({"-i", path("drawn.mp4"), "-vf", "select='eq(n,4)'", "-frames:v", "1", path("drawn.png")});
  ffmpeg({"-i", path("clip.mp4"), "-vf", "select='eq(n,4)'", "-frames:v", "1", path("plain.png")});
  const Image drawn = vision::load_image(path("drawn.png")),
              plain = vision::load_image(path("plain.png"));
  int changed = 0;
  for (int y = 0; y < drawn.height(); ++y) {
    for (int x = 0; x < drawn.width(); ++x)
      changed += std::abs(drawn.row(y)[3 * x] - plain.row(y)[3 * x]) > 60 ? 1 : 0;
  }
  EXPECT_GT(changed, 2000);
}

TEST_F(Video, TheTimelineIsAImage) {
  MIEN_SKIP_WITHOUT("/usr/bin/gnuplot");
  make_clip(path("clip.mp4"));
  ASSERT_EQ(video({"clip.mp4", "--timeline", "line.svg", "--every", "5"}).exit_code, 0);
  ASSERT_EQ(video({"clip.mp4", "--timeline", "line.png", "--every", "5"}).exit_code, 0);
  const std::string svg = base::read_text(path("line.svg"));
  EXPECT_NE(svg.find("Person 1"), std::string::npos);
  EXPECT_NE(svg.find("Person 2"), std::string::npos);
  EXPECT_NE(svg.find("surprise"), std::string::npos);
  EXPECT_GT(vision::load_image(path("line.png")).width(), 1000);
}

TEST_F(Video, ATalkingPersonIsOnePerson) {
  const auto talking = shared_path("photos/talking.mp4"),
             yunet = shared_path("models/face_detection_yunet_2023mar.onnx");
  if (!talking || !yunet) GTEST_SKIP() << "the shared photos and models are not here";
  const std::vector<Json> all = rows(video({*talking, "--detector", *yunet}).out);
  EXPECT_EQ(all.size(), 115U);
  for (const Json& row : all) EXPECT_EQ(row["track"], 1);
  EXPECT_EQ(all.back()["emotion"], "happy");
}

TEST_F(Video, OutputsThatCannotBeAreRefusedBeforeTheClipIsRead) {
  make_clip(path("clip.mp4"));
  const auto expect = [&](std::vector<std::string> arguments, int code,
                          std::initializer_list<std::string_view> parts) {
    arguments.insert(arguments.begin(), "clip.mp4");
    const ProcessResult result = video(arguments);
    EXPECT_EQ(result.exit_code, code);
    EXPECT_TRUE(mentions(result.error, parts));
    EXPECT_EQ(result.out, "");
  };
  expect({"-o", "clip.mp4"}, 2, {"clip.mp4: ", "overwrite"});
  expect({"--annotate", "./clip.mp4"}, 2, {"./clip.mp4: ", "overwrite"});
  expect({"-o", "same.mp4", "--annotate", "./same.mp4"}, 2,
         {"--output", "--annotate", "./same.mp4"});
  expect({"--annotate", "clip.txt"}, 2, {"clip.txt: ", ".webm"});
  expect({"--annotate", "clip.avi"}, 2, {"clip.avi: ", ".webm"});
  expect({"--summary", "no/summary.json"}, 1, {"no/summary.json: ", "No such file"});
  expect({"--timeline", "line.pdf"}, 2, {"line.pdf: ", ".svg or .png"});
  expect({"--timeline", "no/line.svg"}, 1, {"no/line.svg: ", "No such file"});
  expect({"-o", "no/rows.csv"}, 1, {"no/rows.csv: ", "No such file"});
  expect({"--annotate", "no/clip.mp4"}, 1, {"no/clip.mp4: ", "No such file"});
  expect({"--every", "2", "--fps", "2"}, 2, {"--every", "--fps"});
  expect({"--every", "2", "--per-second", "2"}, 2, {"--per-second is deprecated; use --fps"});
  Command full = command({"clip.mp4"});
  full.output = "/dev/full";
  const ProcessResult result = run(full);
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_TRUE(mentions(result.error, {"standard output: ", "No space left"}));
  Command help = command({"--help"});
  help.output = "/dev/full";
  EXPECT_EQ(run(help).exit_code, 1);
}

TEST_F(Video, RowsGoWhereALinkLeads) {
  make_clip(path("clip.mp4"), {"-an", "-t", "0.2"});
  std::filesystem::create_symlink("rows.csv", path("link.csv"));
  ASSERT_EQ(video({"clip.mp4", "-o", "link.csv"}).exit_code, 0);
  EXPECT_TRUE(std::filesystem::is_symlink(path("link.csv")));
  EXPECT_NE(base::read_text(path("rows.csv")), "");
}

TEST_F(Video, ABaselineChangesTheProbabilities) {
  make_clip(path("clip.mp4"), {"-an", "-t", "1"});
  const auto probabilities = [&](const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {"clip.mp4"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const ProcessResult result = video(arguments);
    EXPECT_EQ(result.exit_code, 0) << result.error;
    std::vector<Json> out;
    for (const Json& row : rows(result.out)) {
      double sum = 0;
      for (const auto& value : row["probabilities"]) sum += value.get<double>();
      EXPECT_NEAR(sum, 1, 1e-3);
      out.push_back(row["probabilities"]);
    }
    return out;
  };
  const auto plain = probabilities({}), first = probabilities({"--baseline", "0.5"}),
             running = probabilities({"--baseline-half-life", "10"});
  ASSERT_EQ(plain.size(), first.size());
  ASSERT_EQ(plain.size(), running.size());
  EXPECT_EQ(plain.front(), first.front());  // still learning
  EXPECT_NE(plain.back(), first.back());
  EXPECT_NE(plain.back(), running.back());
  EXPECT_EQ(video({"clip.mp4", "--baseline", "1", "--baseline-half-life", "1"}).exit_code, 2);
}

TEST_F(Video, HelpAndMistakes) {
  const ProcessResult help = mien({"video", "--help"});
  EXPECT_EQ(help.exit_code, 0);
  expect_golden("help_video.txt", help.out);
  EXPECT_TRUE(mentions(mien({"video"}).error, {"one video"}));
  EXPECT_EQ(mien({"video"}).exit_code, 2);
}

TEST(VideoProgram, PhotosDoNotPayForIt) {
  const ProcessResult libraries = run({.program = "/usr/bin/ldd", .arguments = {kMien}});
  ASSERT_EQ(libraries.exit_code, 0);
  EXPECT_EQ(libraries.out.find("libav"), std::string::npos) << libraries.out;
}

TEST(VideoProgram, MissingProgramIsNamed) {
  const TemporaryDir folder;
  fs::copy_file(kMien, folder / "mien");
  const ProcessResult result = run({.program = folder / "mien",
                                    .arguments = {"video", "x.mp4"},
                                    .environment = {{"PATH", folder.path()}}});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_TRUE(mentions(result.error, {"'video'", "mien-video", "make video"}));
}

}  // namespace
}  // namespace mien::test
