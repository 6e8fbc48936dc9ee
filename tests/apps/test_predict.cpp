#include <sys/stat.h>

#include <algorithm>
#include <cmath>
#include <sstream>
#include <thread>

#include "apps_support.hpp"
#include "photo_files.hpp"
#include "vision/decode.hpp"

namespace mien::test {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using Words = std::vector<std::string>;

const fs::path kDlibFaces = "/usr/share/doc/libdlib19.1/examples/faces";  // libdlib19.1

Words dlib_photos() {
  Words photos;
  for (const fs::directory_entry& entry : fs::directory_iterator(kDlibFaces)) {
    if (entry.path().extension() == ".jpg") photos.push_back(entry.path().string());
  }
  std::sort(photos.begin(), photos.end());
  return photos;
}

Words operator+(Words a, const Words& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

Words lines(const std::string& text) {
  Words out;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) out.push_back(line);
  return out;
}

class Predict : public testing::Test {
 protected:
  void SetUp() override { MIEN_SKIP_WITHOUT(default_model()); }
  TemporaryDir folder_;
};

/// Commands that need no photo of a face.
using PredictFiles = Predict;

class PredictPhotos : public Predict {
 protected:
  void SetUp() override {
    Predict::SetUp();
    MIEN_SKIP_WITHOUT(kAstronaut);
  }
};

TEST_F(PredictPhotos, SmilingAstronautIsHappy) {
  const ProcessResult result = mien({"predict", "--format", "json", kAstronaut});
  ASSERT_EQ(result.exit_code, 0) << result.error;
  EXPECT_EQ(result.error, "");
  const Json photos = Json::parse(result.out);
  ASSERT_EQ(photos.size(), 1U);
  EXPECT_EQ(photos[0]["path"], kAstronaut.string());
  EXPECT_EQ(photos[0]["width"], 512);
  EXPECT_EQ(photos[0]["height"], 512);
  ASSERT_EQ(photos[0]["faces"].size(), 1U);
  const Json& face = photos[0]["faces"][0];
  EXPECT_EQ(face["emotion"], "happy");
  EXPECT_GT(face["confidence"], 0.5);
  EXPECT_EQ(face["confidence"], face["probabilities"]["happy"]);
  EXPECT_EQ(face["probabilities"].size(), 7U);
  double sum = 0;
  for (const auto& probability : face["probabilities"]) sum += probability.get<double>();
  EXPECT_NEAR(sum, 1, 1e-4);
  // Her face: about (177, 77), 90 pixels wide.
  EXPECT_NEAR(face["box"]["x"].get<double>() + face["box"]["width"].get<double>() / 2, 222, 20);
  EXPECT_NEAR(face["box"]["y"].get<double>() + face["box"]["height"].get<double>() / 2, 122, 20);
}

TEST_F(PredictPhotos, EveryFormatTellsTheSame) {
  const fs::path coins = kSkimage / "coins.png";
  const Words photos = {kAstronaut, coins, folder_ / "missing.jpg"};
  const ProcessResult json = mien(Words{"predict", "--format", "json"} + photos);
  const ProcessResult jsonl = mien(Words{"predict", "--format", "jsonl"} + photos);
  const ProcessResult csv = mien(Words{"predict", "--format", "csv"} + photos);
  const ProcessResult text = mien(Words{"predict"} + photos);
  for (const ProcessResult* result : {&json, &jsonl, &csv, &text}) {
    EXPECT_EQ(result->exit_code, 1);
    EXPECT_TRUE(mentions(result->error, {"1 of 3 photos failed"}));
  }
  const Json array = Json::parse(json.out);
  ASSERT_EQ(array.size(), 3U);
  EXPECT_TRUE(array[1]["faces"].empty());
  EXPECT_EQ(array[2]["error"], "cannot open: No such file or directory");
  const Words objects = lines(jsonl.out);
  ASSERT_EQ(objects.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(Json::parse(objects[i]), array[i]);

  const Words rows = lines(csv.out);
  ASSERT_EQ(rows.size(), 4U);
  EXPECT_EQ(rows[0],
            "path,face,x,y,width,height,emotion,confidence,uncertain,angry,disgust,fear,happy,sad,"
            "surprise,neutral,yaw,pitch,roll,size,sharpness,brightness,flags,error");
  EXPECT_EQ(rows[1].find(kAstronaut.string() + ",1,"), 0U) << rows[1];
  EXPECT_NE(rows[1].find(",happy,"), std::string::npos);
  EXPECT_TRUE(rows[2].starts_with(coins.string() + ",0,,"));
  EXPECT_TRUE(rows[3].starts_with((folder_ / "missing.jpg").string() + ",0,,"));
  EXPECT_TRUE(rows[3].ends_with("No such file or directory"));
  for (const std::string& row : rows) EXPECT_EQ(std::count(row.begin(), row.end(), ','), 23);

  for (const char* part :
       {"astronaut.png  512x512, 1 face\n", "face 1  happy", "coins.png  384x303, no face found\n",
        "missing.jpg  cannot open: No such file or directory\n"}) {
    EXPECT_NE(text.out.find(part), std::string::npos) << part << " in\n" << text.out;
  }
}

TEST_F(PredictPhotos, OutputFollowsTheSchema) {
  const fs::path python = "/usr/bin/python3",
                 schema = fs::path(MIEN_SOURCE_DIR) / "docs/predict.schema.json";
  if (!python_has(python, "jsonschema")) GTEST_SKIP() << "python3-jsonschema is not here";
  const auto valid = [&](const fs::path& instance) {
    return run({.program = python,
                .arguments = {"-W", "ignore", "-m", "jsonschema", "-i", instance, schema}});
  };
  const Words photos = Words{kAstronaut, kSkimage / "coins.png", folder_ / "missing.jpg"};
  base::write_file(folder_ / "a.json",
                   mien(Words{"predict", "--faces", "one", "--min-confidence", "1", "--annotate",
                              folder_ / "out", "--format", "json"} +
                        photos)
                       .out);
  const ProcessResult array = valid(folder_ / "a.json");
  EXPECT_EQ(array.exit_code, 0) << array.out << array.error;
  const Words objects = lines(mien(Words{"predict", "--format", "jsonl"} + photos).out);
  ASSERT_EQ(objects.size(), photos.size());
  for (const std::string& line : objects) {
    base::write_file(folder_ / "line.json", line);
    const ProcessResult one = valid(folder_ / "line.json");
    EXPECT_EQ(one.exit_code, 0) << line << one.out << one.error;
  }
  // A schema that takes everything would pass the above too.
  for (const char* wrong :
       {R"({"path": "a.jpg"})", R"({"path": "a.jpg", "faces": []})",
        R"([{"path": "a.jpg", "error": ""}])",
        R"({"path": "a.jpg", "width": 1, "height": 1, "faces": [], "error": "both"})",
        R"({"path": "a.jpg", "width": 1, "height": 1, "faces": [{"emotion": "happy"}]})"}) {
    base::write_file(folder_ / "wrong.json", wrong);
    EXPECT_NE(valid(folder_ / "wrong.json").exit_code, 0) << wrong;
  }
}

TEST_F(PredictPhotos, ExactlyOneFaceIsWanted) {
  const ProcessResult one = mien({"predict", "--faces", "one", "--format", "json", kAstronaut});
  EXPECT_EQ(one.exit_code, 0) << one.error;
  EXPECT_EQ(Json::parse(one.out)[0]["faces"].size(), 1U);
  const ProcessResult none =
      mien({"predict", "--faces", "one", "--format", "json", kSkimage / "coins.png"});
  EXPECT_EQ(none.exit_code, 1);
  EXPECT_TRUE(mentions(Json::parse(none.out)[0]["error"], {"no face", "--faces one"}));
  const ProcessResult copies = mien({"predict", "--faces", "one", "--annotate", folder_ / "out",
                                     "--format", "json", kAstronaut, kSkimage / "coins.png"});
  EXPECT_TRUE(Json::parse(copies.out)[0].contains("annotated"));
  EXPECT_FALSE(Json::parse(copies.out)[1].contains("annotated"));
  EXPECT_TRUE(fs::exists(folder_ / "out" / "astronaut.png"));
  EXPECT_FALSE(fs::exists(folder_ / "out" / "coins.png"));  // rejected
}

TEST_F(PredictPhotos, SeveralFaces) {
  const fs::path group = kDlibFaces / "bald_guys.jpg";
  MIEN_SKIP_WITHOUT(group);
  const Json all = Json::parse(mien({"predict", "--format", "json", group}).out)[0]["faces"];
  ASSERT_GE(all.size(), 10U);
  const auto area = [](const Json& face) {
    return face["box"]["width"].get<double>() * face["box"]["height"].get<double>();
  };
  for (std::size_t i = 1; i < all.size(); ++i) EXPECT_GE(area(all[i - 1]) * 1.001, area(all[i]));

  const Json largest = Json::parse(
      mien({"predict", "--faces", "largest", "--format", "json", group}).out)[0]["faces"];
  ASSERT_EQ(largest.size(), 1U);
  EXPECT_EQ(largest[0], all[0]);

  const ProcessResult one = mien({"predict", "--faces", "one", "--format", "json", group});
  EXPECT_EQ(one.exit_code, 1);
  EXPECT_TRUE(mentions(Json::parse(one.out)[0]["error"],
                       {std::to_string(all.size()) + " faces", "--faces one"}));
}

TEST_F(PredictPhotos, ThreadsAndCompanyDoNotChangeTheAnswer) {
  MIEN_SKIP_WITHOUT(kDlibFaces);
  const Words photos = dlib_photos();
  ASSERT_EQ(photos.size(), 12U);
  const ProcessResult one = mien(Words{"predict", "--format", "jsonl", "--threads", "1"} + photos);
  const ProcessResult two = mien(Words{"predict", "--format", "jsonl", "--threads", "2"} + photos);
  EXPECT_EQ(one.exit_code, 0) << one.error;
  EXPECT_EQ(one.out, two.out);
  const Words together = lines(one.out);
  ASSERT_EQ(together.size(), photos.size());
  for (const std::size_t i : {std::size_t{0}, std::size_t{3}, photos.size() - 1}) {
    EXPECT_EQ(mien({"predict", "--format", "jsonl", photos[i]}).out, together[i] + "\n");
  }
}

TEST_F(PredictPhotos, GroupPhotosHaveFaces) {
  const auto photos = shared_path("photos");
  if (!photos) GTEST_SKIP() << "the shared photos are not here";
  const ProcessResult result = mien({"predict", "--format", "json", *photos / "group-*.jpg"});
  EXPECT_EQ(result.exit_code, 0) << result.error;
  const Json groups = Json::parse(result.out);
  ASSERT_GE(groups.size(), 4U);
  for (const Json& group : groups) EXPECT_GE(group["faces"].size(), 2U) << group["path"];
}

TEST_F(PredictPhotos, FoldersPatternsAndListsNameTheSame) {
  fs::create_directories(folder_ / "photos/deeper");
  fs::copy_file(kAstronaut, folder_ / "photos/a.png");
  fs::copy_file(kAstronaut, folder_ / "photos/deeper/b.PNG");
  base::write_file(folder_ / "photos/notes.txt", "no photo");
  const auto paths = [&](Command command) {
    command.folder = folder_.path();
    const ProcessResult result = run(command);
    EXPECT_EQ(result.exit_code, 0) << result.error;
    Words out;
    for (const Json& photo : Json::parse(result.out)) out.push_back(photo["path"]);
    return out;
  };
  const Words both = {"photos/a.png", "photos/deeper/b.PNG"};
  EXPECT_EQ(paths(mien_command({"predict", "--format", "json", "photos"})), both);
  EXPECT_EQ(
      paths(mien_command({"predict", "--format", "json", "photos/*.png", "photos/deeper/?.PNG"})),
      both);
  EXPECT_EQ(paths(mien_command({"predict", "--format", "json", "phot*"})), both);
  Command list = mien_command({"predict", "--format", "json", "-"});
  list.input = "photos/a.png\r\n\nphotos/deeper\n";
  EXPECT_EQ(paths(list), both);
}

TEST_F(PredictPhotos, UncertainBelowAMinimalConfidence) {
  const auto predict = [&](const char* minimum, const char* format) {
    return mien({"predict", "--min-confidence", minimum, "--format", format, "--annotate",
                 folder_ / minimum, kAstronaut});
  };
  const Json sure = Json::parse(predict("0.5", "json").out)[0]["faces"][0],
             unsure = Json::parse(predict("1", "json").out)[0]["faces"][0];
  EXPECT_EQ(sure["emotion"], "happy");
  EXPECT_EQ(sure["uncertain"], false);
  EXPECT_EQ(unsure["uncertain"], true);
  for (const char* field : {"emotion", "confidence", "probabilities", "box"})
    EXPECT_EQ(unsure[field], sure[field]);
  EXPECT_NE(predict("1", "csv").out.find(",1,0."), std::string::npos);
  EXPECT_TRUE(mentions(predict("1", "text").out, {"face 1  unclear: happy ", "%, "}));
  // The copies differ in the label and the color.
  EXPECT_NE(base::read_file(folder_ / "0.5" / "astronaut.png"),
            base::read_file(folder_ / "1" / "astronaut.png"));
  const ProcessResult wrong = mien({"predict", "--min-confidence", "60", kAstronaut});
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_TRUE(mentions(wrong.error, {"--min-confidence", "between 0 and 1"}));
}

TEST_F(PredictPhotos, AnnotatedCopiesAreWhole) {
  const ProcessResult result =
      mien({"predict", "--format", "json", "--annotate", folder_ / "new/out", kAstronaut});
  ASSERT_EQ(result.exit_code, 0) << result.error;
  const fs::path copy = Json::parse(result.out)[0]["annotated"].get<std::string>();
  EXPECT_EQ(copy, folder_ / "new/out" / "astronaut.png");
  const Image drawn = vision::load_image(copy), photo = vision::load_image(kAstronaut);
  EXPECT_EQ(drawn.width(), photo.width());
  EXPECT_EQ(drawn.height(), photo.height());
  EXPECT_FALSE(
      std::equal(photo.row(0), photo.row(0) + photo.stride() * photo.height(), drawn.row(0)));
}

TEST_F(PredictPhotos, AnnotatedCopiesOverwriteNeitherPhotosNorEachOther) {
  for (const char* name : {"a", "b", "c"}) fs::create_directories(folder_ / name);
  fs::copy_file(kAstronaut, folder_ / "a" / "x.png");
  fs::copy_file(kAstronaut, folder_ / "b" / "x.png");
  fs::copy_file(kAstronaut, folder_ / "c" / "x-2.png");
  const std::string before = base::read_text(kAstronaut);
  const ProcessResult result =
      mien({"predict", "--format", "json", "--annotate", folder_ / "a", folder_ / "a" / "x.png",
            folder_ / "b" / "x.png", folder_ / "c" / "x-2.png"});
  ASSERT_EQ(result.exit_code, 0) << result.error;
  Words copies;
  for (const Json& photo : Json::parse(result.out)) copies.push_back(photo["annotated"]);
  std::sort(copies.begin(), copies.end());
  EXPECT_EQ(std::unique(copies.begin(), copies.end()), copies.end());
  for (const std::string& copy : copies) EXPECT_EQ(vision::load_image(copy).width(), 512) << copy;
  EXPECT_EQ(base::read_text(folder_ / "a" / "x.png"), before);
}

TEST_F(PredictPhotos, ACopyThatCannotBeIsNamedInEveryFormat) {
  fs::create_directories(folder_ / "out" / "astronaut.png" / "in the way");
  for (const char* format : {"text", "json", "csv"}) {
    const ProcessResult result =
        mien({"predict", "--format", format, "--annotate", folder_ / "out", kAstronaut});
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_NE(result.out.find("cannot write"), std::string::npos) << result.out;
    const char* found = std::string_view(format) == "csv"    ? ",happy,0."
                        : std::string_view(format) == "json" ? "\"emotion\": \"happy\""
                                                             : "happy 9";
    EXPECT_NE(result.out.find(found), std::string::npos)
        << result.out;  // the faces are still reported
  }
}

TEST_F(PredictPhotos, CopiesAreNotTakenForPhotosTheNextTime) {
  fs::create_directories(folder_ / "photos");
  fs::copy_file(kAstronaut, folder_ / "photos" / "a.png");
  for (const Words& photos :
       {Words{folder_ / "photos"}, Words{folder_ / "photos"}, Words{folder_ / "photos/*"},
        Words{folder_ / "photos/a.png", folder_ / "photos/out"}}) {
    const ProcessResult result =
        mien(Words{"predict", "--format", "json", "--annotate", folder_ / "photos/out"} + photos);
    EXPECT_EQ(Json::parse(result.out).size(), 1U) << result.out;
  }
  EXPECT_EQ(Json::parse(mien({"predict", "--format", "json", folder_ / "photos"}).out).size(), 2U);
}

TEST_F(PredictPhotos, OneBadPhotoDoesNotStopTheOthers) {
  write_bad_photos(folder_.path());
  const ProcessResult result = mien({"predict", "--format", "json", folder_ / "truncated.jpg",
                                     kAstronaut, folder_ / "empty.jpg", kAstronaut});
  EXPECT_EQ(result.exit_code, 1);
  const Json photos = Json::parse(result.out);
  ASSERT_EQ(photos.size(), 4U);
  EXPECT_TRUE(photos[0].contains("error"));
  EXPECT_EQ(photos[1]["faces"].size(), 1U);
  EXPECT_TRUE(photos[2].contains("error"));
  EXPECT_EQ(photos[3]["faces"], photos[1]["faces"]);
}

TEST_F(PredictPhotos, ForeignModelFileIsNamed) {
  const ProcessResult result = mien({"predict", "--model", kAstronaut, kAstronaut});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.out, "");
  EXPECT_TRUE(mentions(result.error, {kAstronaut.string() + ": ", "ONNX"}));
}

TEST_F(PredictPhotos, FullOutputIsAFailure) {
  Command command = mien_command({"predict", kAstronaut});
  command.output = "/dev/full";
  const ProcessResult result = run(command);
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_TRUE(mentions(result.error, {"standard output: ", "write"}));
}

TEST_F(PredictFiles, BadPhotosAreNamedWithTheirReason) {
  Command command =
      mien_command(Words{"predict"} + write_bad_photos(folder_.path()) + Words{"missing.jpg"});
  command.folder = folder_.path();
  const ProcessResult text = run(command);
  EXPECT_EQ(text.exit_code, 1);
  EXPECT_EQ(text.error, "mien: 5 of 5 photos failed\n");
  expect_golden("bad_photos.txt", text.out);
  command.arguments.insert(command.arguments.begin() + 1, {"--format", "csv"});
  expect_golden("bad_photos.csv", run(command).out);
}

TEST_F(PredictFiles, HugePhotoIsRefusedByItsHeader) {
  // Decoded, it would be 900 MB; refused, it costs nothing.
  write_bad_photos(folder_.path());
  Command command = mien_command({"predict", folder_ / "huge.png"});
  command.timeout = std::chrono::seconds(10);
  const ProcessResult result = run(command);
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(result.out.find("30000"), std::string::npos) << result.out;
}

TEST_F(PredictFiles, TinyPhotosAndCrops) {
  base::write_file(folder_ / "dot.png", vision::encode_png(gradient(1, 1)));
  base::write_file(folder_ / "crop.png", vision::encode_png(gradient(48, 48)));
  const ProcessResult whole = mien({"predict", "--format", "json", folder_ / "dot.png"});
  EXPECT_EQ(whole.exit_code, 0) << whole.out;
  EXPECT_TRUE(Json::parse(whole.out)[0]["faces"].empty());
  const ProcessResult crops =
      mien({"predict", "--crop", "--format", "json", folder_ / "crop.png", folder_ / "dot.png"});
  EXPECT_EQ(crops.exit_code, 0) << crops.out;
  for (const Json& photo : Json::parse(crops.out)) {
    ASSERT_EQ(photo["faces"].size(), 1U);
    EXPECT_EQ(photo["faces"][0]["box"]["width"], photo["width"]);
  }
}

TEST_F(PredictFiles, FoldersListWhatCannotBeRead) {
  fs::create_directories(folder_ / "photos");
  base::write_file(folder_ / "photos/a.png", vision::encode_png(gradient(48, 48)));
  for (const char* name : {"b.HEIC", "c.mp4", "d.gif", "e.cr2"})
    base::write_file(folder_ / "photos" / name, "not an image");
  base::write_file(folder_ / "photos/notes.txt", "not a photo");
  const ProcessResult result = mien({"predict", "--format", "json", folder_ / "photos"});
  EXPECT_EQ(result.exit_code, 1);
  const Json photos = Json::parse(result.out);
  ASSERT_EQ(photos.size(), 5U) << result.out;
  EXPECT_FALSE(photos[0].contains("error"));
  for (std::size_t i = 1; i < 5; ++i) EXPECT_TRUE(photos[i].contains("error")) << photos[i];
  EXPECT_TRUE(mentions(photos[2]["error"], {"video", "mien video"}));
}

TEST_F(PredictFiles, VideosAreReferredToTheVideoCommand) {
  const ProcessResult result = mien({"predict", folder_ / "talk.mp4"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_TRUE(mentions(result.out, {"video", "mien video " + (folder_ / "talk.mp4").string()}));
}

TEST_F(PredictFiles, CsvCellsAreNotFormulas) {
  fs::create_directories(folder_ / "photos");
  for (const char* name : {"=1+1.png", "+a.png", "-b.png", "@c.png", "d=1.png"})
    base::write_file(folder_ / "photos" / name, vision::encode_png(gradient(48, 48)));
  Command command = mien_command({"predict", "--crop", "--format", "csv", "--", "=1+1.png",
                                  "+a.png", "-b.png", "@c.png", "d=1.png"});
  command.folder = folder_ / "photos";
  const ProcessResult result = run(command);
  EXPECT_EQ(result.exit_code, 0) << result.error;
  const Words rows = lines(result.out);
  ASSERT_EQ(rows.size(), 6U);
  for (std::size_t i = 1; i < 5; ++i) EXPECT_EQ(rows[i][0], '\'') << rows[i];
  EXPECT_TRUE(rows[5].starts_with("d=1.png,"));
}

TEST_F(PredictFiles, TheFirstSignalEndsAWaitForAPipe) {
  const fs::path pipe = folder_ / "pipe.png";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  Process process(mien_command({"predict", pipe}));
  std::this_thread::sleep_for(std::chrono::seconds(1));
  ASSERT_TRUE(process.running());
  process.send(SIGTERM);
  for (int i = 0; i < 50 && process.running(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  EXPECT_FALSE(process.running());
  EXPECT_EQ(process.wait().exit_code, 130);
}

TEST_F(PredictFiles, APhotoMayComeFromAPipe) {
  const fs::path pipe = folder_ / "pipe.png";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  Process process(mien_command({"predict", "--crop", "--format", "json", pipe}));
  base::write_file(pipe, vision::encode_png(gradient(48, 48)));
  const ProcessResult result = process.wait();
  EXPECT_EQ(result.exit_code, 0) << result.error;
  EXPECT_EQ(Json::parse(result.out)[0]["width"], 48);
}

TEST_F(PredictFiles, BaselinesAreOfASubjectsPhotos) {
  for (const char* person : {"a", "b"}) {
    fs::create_directories(folder_ / person);
    for (int i = 0; i < 3; ++i)
      base::write_file(folder_ / person / (std::to_string(i) + ".png"),
                       vision::encode_png(gradient(40 + 9 * i, person[0] == 'a' ? 48 : 90)));
  }
  const auto predict = [&](const Words& more) {
    Command command = mien_command(Words{"predict", "--crop", "--format", "json", "a", "b"} + more);
    command.folder = folder_.path();
    return run(command);
  };
  const Json plain = Json::parse(predict({}).out);
  const ProcessResult result = predict({"--baseline", "--subject-by", "folder"});
  ASSERT_EQ(result.exit_code, 0) << result.error;
  const Json relative = Json::parse(result.out);
  ASSERT_EQ(relative.size(), 6U);
  // The mean of the logarithms of a subject's probabilities is subtracted.
  for (std::size_t first : {std::size_t{0}, std::size_t{3}}) {
    for (const char* label : {"happy", "sad"}) {
      const auto log_of = [&](const Json& photos, std::size_t i) {
        return std::log(photos[i]["faces"][0]["probabilities"][label].get<double>() + 1e-9);
      };
      const auto neutral = [&](const Json& photos, std::size_t i) {
        return std::log(photos[i]["faces"][0]["probabilities"]["neutral"].get<double>() + 1e-9);
      };
      double mean = 0;
      for (std::size_t i = first; i < first + 3; ++i)
        mean += (log_of(plain, i) - neutral(plain, i)) / 3;
      for (std::size_t i = first; i < first + 3; ++i)
        EXPECT_NEAR(log_of(relative, i) - neutral(relative, i),
                    log_of(plain, i) - neutral(plain, i) - mean, 0.05);
    }
  }
  std::string list = "path,subject\n";
  for (const Json& photo : plain)
    list += photo["path"].get<std::string>() + "," + photo["path"].get<std::string>()[0] + "\n";
  base::write_file(folder_ / "subjects.csv", list);
  EXPECT_EQ(predict({"--baseline", "--subject-by", "subjects.csv"}).out, result.out);
  base::write_file(folder_ / "few.csv", "path,subject\na/0.png,a\n");
  EXPECT_TRUE(mentions(predict({"--baseline", "--subject-by", "few.csv"}).error, {"few.csv: "}));
  EXPECT_EQ(predict({"--baseline"}).exit_code, 2);
}

TEST_F(PredictFiles, UnreadablePhoto) {
  const fs::path path = folder_ / "secret.png";
  base::write_file(path, vision::encode_png(gradient(48, 48)));
  fs::permissions(path, fs::perms::none);
  Command command = mien_command({"predict", path});
  command.obeys_permissions = true;
  const ProcessResult result = run(command);
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(result.out.find("Permission denied"), std::string::npos) << result.out;
}

TEST_F(PredictFiles, ArgumentsWithoutPhotosDoNotStopTheOthers) {
  fs::create_directories(folder_ / "none");
  fs::create_directories(folder_ / "some/closed");
  base::write_file(folder_ / "some/a.png", vision::encode_png(gradient(48, 48)));
  fs::permissions(folder_ / "some/closed", fs::perms::none);
  fs::create_directories(folder_ / "closed");
  base::write_file(folder_ / "closed" / "a.png", vision::encode_png(gradient(48, 48)));
  fs::permissions(folder_ / "closed", fs::perms::none);
  base::write_file(folder_ / "crop.png", vision::encode_png(gradient(48, 48)));
  Command command = mien_command(
      {"predict", "--format", "json", "*.gif", "none", "closed", "-", "crop.png", "some"});
  command.folder = folder_.path();
  command.input = "crop[1].png\n*.png\ncrop.png\n";  // the lines of a list are no patterns
  command.obeys_permissions = true;
  const ProcessResult result = run(command);
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.error, "mien: 6 of 9 photos failed\n");
  const Json photos = Json::parse(result.out);
  ASSERT_EQ(photos.size(), 9U);
  const std::pair<std::string, std::string> expected[] = {{"*.gif", "pattern"},
                                                          {"none", "no image files"},
                                                          {"closed", "Permission denied"},
                                                          {"crop[1].png", "No such file"},
                                                          {"*.png", "No such file"}};
  for (std::size_t i = 0; i < std::size(expected); ++i) {
    EXPECT_EQ(photos[i]["path"], expected[i].first);
    EXPECT_TRUE(mentions(photos[i]["error"], {expected[i].second}));
  }
  for (const std::size_t i : {5, 6}) {
    EXPECT_EQ(photos[i]["path"], "crop.png");
    EXPECT_FALSE(photos[i].contains("error"));
  }
  EXPECT_EQ(photos[7]["path"], "some/a.png");
  EXPECT_FALSE(photos[7].contains("error"));
  EXPECT_EQ(photos[8]["path"], "some/closed");
  EXPECT_TRUE(mentions(photos[8]["error"], {"Permission denied"}));
  for (const char* folder : {"closed", "some/closed"})
    fs::permissions(folder_ / folder, fs::perms::owner_all);
}

TEST_F(PredictFiles, AnnotateNeedsAFolder) {
  base::write_file(folder_ / "crop.png", vision::encode_png(gradient(48, 48)));
  const ProcessResult result =
      mien({"predict", "--annotate", folder_ / "crop.png", folder_ / "crop.png"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_TRUE(mentions(result.error, {(folder_ / "crop.png").string(), "Not a directory"}));
}

TEST(PredictCommandLine, MistakesAreNamed) {
  const TemporaryDir folder;
  const auto expect = [&](Words arguments, int code,
                          std::initializer_list<std::string_view> parts) {
    Command command = mien_command(std::move(arguments));
    command.folder = folder.path();
    command.environment["MIEN_MODELS"] = folder.path();
    const ProcessResult result = run(command);
    EXPECT_EQ(result.exit_code, code);
    EXPECT_EQ(result.out, "");
    EXPECT_TRUE(result.error.starts_with("mien: ")) << result.error;
    EXPECT_TRUE(mentions(result.error, parts));
  };
  expect({"predict", "--formt", "json", "x.jpg"}, 2, {"unknown", "'--formt'", "'--format'"});
  expect({"predict", "--format", "xml", "x.jpg"}, 2,
         {"--format: unknown format 'xml'; choose text, json, jsonl or csv"});
  expect({"predict", "--threads", "-1", "x.jpg"}, 2, {"--threads", "between 0 and 1024"});
  expect({"predict"}, 2, {"no photo"});
  expect({"predict", "-"}, 2, {"standard input", "empty"});
  expect({"predict", "--model", "missing", "x.jpg"}, 1, {"missing", folder.path().string()});
  expect({"predict", "--model", "a/missing.onnx", "x.jpg"}, 1, {"a/missing.onnx"});
  expect({"prdict"}, 2, {"unknown command 'prdict'", "'predict'"});
}

TEST(PredictCommandLine, BashCompletes) {
  const ProcessResult script = mien({"completions", "bash"});
  ASSERT_EQ(script.exit_code, 0) << script.error;
  const TemporaryDir folder;
  base::write_file(folder / "completion", script.out);
  const auto complete = [&](const std::string& words, int index) {
    Command command = mien_command(
        {"-c", "source " + (folder / "completion").string() + "; COMP_WORDS=(" + words +
                   "); COMP_CWORD=" + std::to_string(index) + "; _mien; echo ${COMPREPLY[@]}"});
    command.environment["PATH"] = kMien.parent_path().string() + ":/usr/bin:/bin";
    command.program = "/bin/bash";
    return run(command).out;
  };
  EXPECT_EQ(complete("mien pre", 1), "predict\n");
  EXPECT_EQ(complete("mien predict --min-c", 2), "--min-confidence\n");
  EXPECT_EQ(mien({"completions", "tcsh"}).exit_code, 2);
  for (const std::string shell : {"zsh", "fish"})
    EXPECT_TRUE(mentions(mien({"completions", shell}).out, {"predict", "mien help"}));
}

TEST(PredictCommandLine, HelpTexts) {
  const ProcessResult top = mien({"--help"});
  EXPECT_EQ(top.exit_code, 0);
  expect_golden("help.txt", top.out);
  EXPECT_EQ(mien({"help"}).out, top.out);
  EXPECT_EQ(mien({}).error, top.out);
  EXPECT_EQ(mien({}).exit_code, 2);
  EXPECT_EQ(mien({"help", "predict"}).out, mien({"predict", "--help"}).out);
  EXPECT_EQ(mien({"help", "data", "audit"}).out, mien({"data", "audit", "--help"}).out);
  EXPECT_EQ(mien({"help", "prdict"}).exit_code, 2);
  for (const std::string command :
       {"predict", "data", "evaluate", "calibrate", "quantize", "knn", "bench", "models", "info"}) {
    const ProcessResult help = mien({command, "--help"});
    EXPECT_EQ(help.exit_code, 0);
    EXPECT_EQ(help.error, "");
    expect_golden("help_" + command + ".txt", help.out);
  }
  const ProcessResult man = mien({"man"});
  EXPECT_EQ(man.exit_code, 0) << man.error;
  EXPECT_TRUE(mentions(man.out, {".TH MIEN 1", ".SS predict", "\\-\\-min\\-confidence"}));
  Command full = mien_command({"--help"});
  full.output = "/dev/full";
  EXPECT_EQ(run(full).exit_code, 1);
}

}  // namespace
}  // namespace mien::test
