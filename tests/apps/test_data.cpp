#include <map>

#include "apps_support.hpp"
#include "photo_files.hpp"
#include "synthetic_faces.hpp"
#include "vision/decode.hpp"

namespace mien::test {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

class Data : public testing::Test {
 protected:
  fs::path write_csv(const datasets::Dataset& dataset,
                     const std::string& name = "fer2013.csv") const {
    base::write_file(folder_ / name, fer2013_csv(dataset));
    return folder_ / name;
  }

  static Json info(const std::vector<std::string>& sources) {
    std::vector<std::string> words = {"data", "info", "--format", "json"};
    words.insert(words.end(), sources.begin(), sources.end());
    const ProcessResult result = mien(words);
    EXPECT_EQ(result.exit_code, 0) << result.error;
    return Json::parse(result.out);
  }

  static Image image_of(const datasets::Sample& sample) {
    Image image(datasets::kFaceSize, datasets::kFaceSize, PixelFormat::kGray8);
    std::copy(sample.pixels.begin(), sample.pixels.end(), image.row(0));
    return image;
  }

  TemporaryDir folder_;
};

TEST_F(Data, InfoCountsSplitsAndClasses) {
  // 8 a class for training, 2 for each test split.
  const datasets::Dataset dataset = synthetic_faces(8);
  const Json json = info({write_csv(dataset)});
  EXPECT_EQ(json["count"], 7 * (8 + 2 + 2));
  EXPECT_EQ(json["splits"]["Training"]["happy"], 8);
  EXPECT_EQ(json["splits"]["PublicTest"]["neutral"], 2);
  EXPECT_EQ(json["splits"]["PrivateTest"]["angry"], 2);
  EXPECT_EQ(json["leaked_training"], 0);
  EXPECT_EQ(json["hash"], datasets::dataset_hash(dataset));

  const ProcessResult text = mien({"data", "info", folder_ / "fer2013.csv"});
  EXPECT_EQ(text.exit_code, 0);
  EXPECT_NE(text.out.find("data hash " + datasets::dataset_hash(dataset)), std::string::npos)
      << text.out;
}

TEST_F(Data, LeakedImagesAreCountedAndDropped) {
  datasets::Dataset dataset = synthetic_faces(4);
  // Training has 28 images; PublicTest and PrivateTest follow with 7 each. Two of PublicTest and
  // one of PrivateTest equal a training image; one training image occurs in both.
  dataset[28].pixels = dataset[3].pixels;
  dataset[29].pixels = dataset[4].pixels;
  dataset[35].pixels = dataset[4].pixels;
  dataset[28].emotion = dataset[3].emotion;
  dataset[29].emotion = (dataset[4].emotion + 1) % kEmotionCount;
  dataset[35].emotion = dataset[4].emotion;
  const fs::path csv = write_csv(dataset);
  const Json json = info({csv});
  EXPECT_EQ(json["leaked_training"], 2);
  EXPECT_EQ(json["seen_in_training"]["PublicTest"], 2);
  EXPECT_EQ(json["seen_in_training"]["PrivateTest"], 1);
  EXPECT_EQ(json["seen_labels"]["PublicTest"], 1);
  EXPECT_EQ(json["seen_labels"]["PrivateTest"], 1);

  const ProcessResult pack =
      mien({"data", "pack", "--drop-leaked", csv, "-o", folder_ / "packed.npy"});
  EXPECT_EQ(pack.exit_code, 0);
  EXPECT_TRUE(mentions(pack.error, {"2", "equal a test image"}));
  const Json packed = info({folder_ / "packed.npy"});
  EXPECT_EQ(packed["count"], 42 - 2);
  EXPECT_EQ(packed["leaked_training"], 0);
}

TEST_F(Data, PackedFileHoldsWhatTheCsvHeld) {
  const datasets::Dataset dataset = synthetic_faces(3);
  const fs::path packed = folder_ / "packed.npy";
  const ProcessResult pack = mien({"data", "pack", write_csv(dataset), "-o", packed});
  EXPECT_EQ(pack.exit_code, 0) << pack.error;
  EXPECT_TRUE(mentions(pack.out, {packed.string(), std::to_string(dataset.size()) + " images",
                                  datasets::dataset_hash(dataset)}));
  const datasets::Dataset read = datasets::read_packed(packed);
  ASSERT_EQ(read.size(), dataset.size());
  for (std::size_t i = 0; i < read.size(); ++i) {
    EXPECT_EQ(read[i].pixels, dataset[i].pixels);
    EXPECT_EQ(read[i].emotion, dataset[i].emotion);
    EXPECT_EQ(read[i].split, dataset[i].split);
    EXPECT_EQ(read[i].row, static_cast<int>(i));
  }
}

TEST_F(Data, NumPyOpensThePackedFile) {
  const fs::path interpreter =
      python_has(python(), "numpy") ? python() : fs::path("/usr/bin/python3");
  if (!python_has(interpreter, "numpy")) GTEST_SKIP() << "NumPy is not here";
  const datasets::Dataset dataset = synthetic_faces(2);
  ASSERT_EQ(mien({"data", "pack", write_csv(dataset), "-o", folder_ / "packed.npy"}).exit_code, 0);
  const ProcessResult result = run(
      {.program = interpreter,
       .arguments = {"-c",
                     "import numpy, sys\n"
                     "faces = numpy.load(sys.argv[1])\n"
                     "print(faces['image'].shape, faces['image'].sum(), faces['emotion'].sum())",
                     folder_ / "packed.npy"}});
  ASSERT_EQ(result.exit_code, 0) << result.error;
  std::uint64_t pixels = 0, emotions = 0;
  for (const datasets::Sample& sample : dataset) {
    for (const std::uint8_t pixel : sample.pixels) pixels += pixel;
    emotions += static_cast<std::uint64_t>(sample.emotion);
  }
  EXPECT_EQ(result.out, base::format("(%zu, 48, 48) %llu %llu\n", dataset.size(),
                                     static_cast<unsigned long long>(pixels),
                                     static_cast<unsigned long long>(emotions)));
}

TEST_F(Data, FoldersAsKaggleHasThem) {
  const datasets::Dataset dataset = synthetic_faces(1);
  const auto put = [&](const std::string& name, const datasets::Sample& sample) {
    fs::create_directories((folder_ / name).parent_path());
    base::write_file(folder_ / name, vision::encode_png(image_of(sample)));
  };
  put("faces/train/angry/Training_1.png", dataset[0]);
  put("faces/train/happy/Training_2.png", dataset[3]);
  put("faces/test/happy/PublicTest_3.png", dataset[10]);
  put("faces/test/sad/PrivateTest_4.png", dataset[18]);
  put("faces/test/sad/other.png", dataset[19]);
  const Json json = info({folder_ / "faces"});
  EXPECT_EQ(json["count"], 5);
  EXPECT_EQ(json["splits"]["Training"]["angry"], 1);
  EXPECT_EQ(json["splits"]["Training"]["happy"], 1);
  EXPECT_EQ(json["splits"]["PublicTest"]["happy"], 1);
  EXPECT_EQ(json["splits"]["PrivateTest"]["sad"], 2);

  // One damaged image is left out and named.
  base::write_file(folder_ / "faces/train/angry/bad.png", std::string_view("not an image"));
  const ProcessResult pack =
      mien({"data", "pack", folder_ / "faces", "-o", folder_ / "packed.npy"});
  EXPECT_EQ(pack.exit_code, 0);
  EXPECT_TRUE(mentions(pack.error, {(folder_ / "faces/train/angry/bad.png").string(), "left out"}));
  EXPECT_EQ(datasets::read_packed(folder_ / "packed.npy").size(), 5U);
}

TEST_F(Data, FacesOfPhotosAreCroppedAsPredictDoes) {
  MIEN_SKIP_WITHOUT(kAstronaut);
  fs::create_directories(folder_ / "photos/happy");
  fs::copy_file(kAstronaut, folder_ / "photos/happy/astronaut.png");
  const auto face_of = [&](const std::vector<std::string>& options) {
    std::vector<std::string> words = {"data",    "pack", folder_ / "photos",
                                      "--faces", "-o",   folder_ / "packed.npy"};
    words.insert(words.end(), options.begin(), options.end());
    const ProcessResult result = mien(words);
    EXPECT_EQ(result.exit_code, 0) << result.error;
    return datasets::read_packed(folder_ / "packed.npy").at(0).pixels;
  };
  const auto face = face_of({});
  EXPECT_EQ(face, face_of({"--crop", "1.09 0 -0.1"}));  // of the shipped model, for HOG
  EXPECT_NE(face, face_of({"--crop", "1 0 0"}));
}

TEST_F(Data, VotesGoToTheRowsOfTheCsvAlone) {
  const datasets::Dataset dataset = synthetic_faces(1);
  fs::create_directories(folder_ / "faces/happy");
  base::write_file(folder_ / "faces/happy/a.png", vision::encode_png(image_of(dataset[3])));
  std::string votes =
      "Usage,Image "
      "name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF\n";
  for (const datasets::Sample& sample : dataset)
    votes += std::string(datasets::to_string(sample.split)) + ",a.png,1,9,0,0,0,0,0,0,0,0\n";
  base::write_file(folder_ / "votes.csv", votes);
  const ProcessResult pack =
      mien({"data", "pack", "--votes", folder_ / "votes.csv", write_csv(dataset), folder_ / "faces",
            "-o", folder_ / "packed.npy"});
  ASSERT_EQ(pack.exit_code, 0) << pack.error;
  const datasets::Dataset packed = datasets::read_packed(folder_ / "packed.npy");
  ASSERT_EQ(packed.size(), dataset.size() + 1);
  for (std::size_t i = 0; i < packed.size(); ++i)
    EXPECT_EQ(packed[i].has_votes(), i < dataset.size()) << i;

  const ProcessResult none =
      mien({"data", "info", "--votes", folder_ / "votes.csv", folder_ / "faces"});
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_TRUE(mentions(none.error, {"fer2013.csv"}));
}

TEST_F(Data, RowsOfALaterCsvDoNotTakeTheVotesOfTheFirst) {
  const datasets::Dataset first = synthetic_faces(1, 1), second = synthetic_faces(1, 2);
  std::string votes =
      "Usage,Image "
      "name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF\n";
  for (const datasets::Sample& sample : first)
    votes += std::string(datasets::to_string(sample.split)) + ",a.png,1,9,0,0,0,0,0,0,0,0\n";
  base::write_file(folder_ / "votes.csv", votes);
  const std::string a = write_csv(first, "a.csv"), b = write_csv(second, "b.csv");
  const ProcessResult pack =
      mien({"data", "pack", "--votes", folder_ / "votes.csv", a, b, "-o", folder_ / "both.npy"});
  ASSERT_EQ(pack.exit_code, 0) << pack.error;
  EXPECT_TRUE(mentions(pack.error, {"b.csv: ", "row numbers"}));
  const datasets::Dataset both = datasets::read_packed(folder_ / "both.npy");
  for (std::size_t i = 0; i < both.size(); ++i)
    EXPECT_EQ(both[i].has_votes(), i < first.size()) << i;
}

TEST_F(Data, SeveralSourcesBecomeOne) {
  const Json json =
      info({write_csv(synthetic_faces(1, 1), "a.csv"), write_csv(synthetic_faces(1, 2), "b.csv")});
  EXPECT_EQ(json["count"], 2 * 7 * 3);
}

TEST_F(Data, PersonsAreHeldOutOfAMixedSetAsOfTheirOwn) {
  const datasets::Dataset faces = synthetic_faces(1);
  const auto put = [&](const std::string& name, const datasets::Sample& sample) {
    fs::create_directories((folder_ / name).parent_path());
    base::write_file(folder_ / name, vision::encode_png(image_of(sample)));
  };
  put("CK+48/anger/S005_001_00000009.png", faces[0]);
  put("CK+48/happy/S005_002_00000009.png", faces[3]);
  put("CK+48/happy/S010_006_00000013.png", faces[10]);
  put("jaffe/KA.AN1.39.png", faces[7]);
  put("jaffe/KL.HA1.29.png", faces[17]);
  const auto persons_of = [&](const std::string& file) {
    std::map<std::string, datasets::Split> persons;
    for (const datasets::Sample& sample : datasets::read_packed(folder_ / file)) {
      if (sample.has_subject()) persons[sample.subject.data()] = sample.split;
    }
    return persons;
  };
  const auto pack = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"data", "pack"});
    const ProcessResult result = mien(words);
    EXPECT_EQ(result.exit_code, 0) << result.error;
    return result.error;
  };
  // One set alone; then both, one of them packed before, beside FER2013 with its votes.
  EXPECT_TRUE(
      mentions(pack({folder_ / "jaffe", "--test-subjects", "2", "-o", folder_ / "jaffe.npy"}),
               {(folder_ / "jaffe").string(), "1 of 2 subjects", "1 of 2 images", "PrivateTest"}));
  EXPECT_EQ(persons_of("jaffe.npy"),
            (std::map<std::string, datasets::Split>{{"KA", datasets::Split::kTraining},
                                                    {"KL", datasets::Split::kPrivateTest}}));
  std::string votes =
      "Usage,Image "
      "name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF\n";
  for (const datasets::Sample& sample : faces)
    votes += std::string(datasets::to_string(sample.split)) + ",a.png,1,9,0,0,0,0,0,0,0,0\n";
  base::write_file(folder_ / "votes.csv", votes);
  pack({write_csv(faces), folder_ / "CK+48", folder_ / "jaffe.npy", "--votes",
        folder_ / "votes.csv", "--test-subjects", "2", "-o", folder_ / "mixed.npy"});
  EXPECT_EQ(persons_of("mixed.npy"),
            (std::map<std::string, datasets::Split>{{"KA", datasets::Split::kTraining},
                                                    {"KL", datasets::Split::kPrivateTest},
                                                    {"S005", datasets::Split::kTraining},
                                                    {"S010", datasets::Split::kPrivateTest}}));
  const datasets::Dataset mixed = datasets::read_packed(folder_ / "mixed.npy");
  ASSERT_EQ(mixed.size(), faces.size() + 5);
  for (std::size_t i = 0; i < mixed.size(); ++i) {
    EXPECT_EQ(mixed[i].has_votes(), i < faces.size()) << i;
  }
  for (std::size_t i = 0; i < faces.size(); ++i) EXPECT_EQ(mixed[i].split, faces[i].split) << i;

  const ProcessResult none = mien({"data", "pack", folder_ / "fer2013.csv", "--test-subjects", "5",
                                   "-o", folder_ / "none.npy"});
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_TRUE(mentions(none.error, {"--test-subjects", "no source"}));
  EXPECT_FALSE(fs::exists(folder_ / "none.npy"));
}

TEST_F(Data, FilterKeepsImagesOfOneFace) {
  if (!fs::exists(kAstronaut)) GTEST_SKIP() << kAstronaut << " is not here";
  // The astronaut's face as FER2013 would frame it, and stripes.
  const Image photo = vision::load_image(kAstronaut);
  datasets::Dataset dataset = synthetic_faces(1);
  dataset.resize(2);
  for (int y = 0; y < datasets::kFaceSize; ++y) {
    for (int x = 0; x < datasets::kFaceSize; ++x) {
      int sum = 0;  // a cell of 3x3 pixels of all colors: the face is 90 pixels wide
      for (int dy = 0; dy < 3; ++dy) {
        for (int i = 0; i < 9; ++i) sum += photo.row(46 + 3 * y + dy)[3 * (150 + 3 * x) + i];
      }
      dataset[0].pixels[static_cast<std::size_t>(datasets::kFaceSize * y + x)] =
          static_cast<std::uint8_t>(sum / 27);
    }
  }
  const ProcessResult result =
      mien({"data", "filter", write_csv(dataset), "-o", folder_ / "kept.npy"});
  ASSERT_EQ(result.exit_code, 0) << result.error;
  EXPECT_TRUE(mentions(result.out, {"1 without a face, 0 with several"}));
  const datasets::Dataset kept = datasets::read_packed(folder_ / "kept.npy");
  ASSERT_EQ(kept.size(), 1U);
  EXPECT_EQ(kept[0].row, 0);
  EXPECT_NE(kept[0].pixels, dataset[0].pixels);  // cropped to the face
}

class BadData : public Data {
 protected:
  /// Replaces `what` of the second image's line (line 3) by `with`.
  static std::string damage(const std::string& what, const std::string& with) {
    std::string text = fer2013_csv(synthetic_faces(1));
    const std::size_t line = text.find('\n', text.find('\n') + 1) + 1;
    text.replace(text.find(what, line), what.size(), with);
    return text;
  }
  void expect_refusal(const std::string& text,
                      std::initializer_list<std::string_view> parts) const {
    base::write_file(folder_ / "bad.csv", text);
    for (const std::string action : {"info", "pack", "filter"}) {
      const ProcessResult result =
          mien({"data", action, folder_ / "bad.csv", "-o", folder_ / "out.npy"});
      EXPECT_EQ(result.exit_code, 1);
      EXPECT_EQ(result.out, "");
      EXPECT_TRUE(result.error.starts_with("mien: " + (folder_ / "bad.csv").string() + ": "));
      EXPECT_TRUE(mentions(result.error, parts));
      EXPECT_FALSE(fs::exists(folder_ / "out.npy"));
    }
  }
};

TEST_F(BadData, LineAndReasonAreNamed) {
  const std::string first_pixel = damage("1,", "1,300 ");
  expect_refusal(first_pixel, {"line 3", "pixel 0", "300"});
  expect_refusal(damage("1,", "1,x "), {"line 3", "pixel 0", "'x'"});
  expect_refusal(damage("1,", "1,7 "), {"line 3", "2304"});
  expect_refusal(damage("1,", "9,"), {"line 3", "emotion", "9"});
  expect_refusal("emotion,pixels,Usage\n3,1 2 3,Training\n", {"line 2", "3 pixels", "2304"});
  expect_refusal("emotion,pixels,Usage\n3,1 2 3\n", {"line 2", "3 fields"});
  expect_refusal("emotion,image,Usage\n", {"line 1", "pixels"});
}

TEST_F(BadData, UnknownUsage) {
  base::write_file(folder_ / "bad.csv", damage("Training", "Holiday"));
  const ProcessResult result = mien({"data", "info", folder_ / "bad.csv"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_TRUE(mentions(result.error, {(folder_ / "bad.csv").string(), "line 3", "Holiday"}));
}

TEST_F(BadData, VotesAndImagesTakenForEachOther) {
  expect_refusal(
      "Usage,Image "
      "name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF\n",
      {"line 1", "FER+ votes", "--votes"});
  const std::filesystem::path csv = write_csv(synthetic_faces(1));
  EXPECT_TRUE(mentions(mien({"data", "info", "--votes", csv, csv}).error,
                       {csv.string(), "line 1", "fer2013new.csv"}));
}

TEST_F(BadData, NothingInIt) {
  expect_refusal("", {"empty", "emotion,pixels,Usage"});
  expect_refusal("emotion,pixels,Usage\n", {"no images"});
}

TEST_F(BadData, PackedFileCutShort) {
  datasets::write_packed(folder_ / "whole.npy", synthetic_faces(1));
  const std::string whole = base::read_text(folder_ / "whole.npy");
  base::write_file(folder_ / "cut.npy", std::string_view(whole).substr(0, whole.size() - 1));
  const ProcessResult result = mien({"data", "info", folder_ / "cut.npy"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_TRUE(mentions(result.error, {(folder_ / "cut.npy").string(), "21"}));
}

TEST_F(BadData, VotesOfOtherRows) {
  base::write_file(
      folder_ / "votes.csv",
      "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF\n"
      "Training,a.png,1,2,3,4,0,0,0,0,0,0\n");
  const ProcessResult result =
      mien({"data", "info", "--votes", folder_ / "votes.csv", write_csv(synthetic_faces(1))});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.error.find("mien: " + (folder_ / "votes.csv").string() + ": "), 0U)
      << result.error;
}

TEST(DataCommandLine, MistakesAreNamed) {
  const auto expect = [](std::vector<std::string> words, int code,
                         std::initializer_list<std::string_view> parts) {
    const ProcessResult result = mien(std::move(words));
    EXPECT_EQ(result.exit_code, code);
    EXPECT_TRUE(mentions(result.error, parts));
  };
  expect({"data"}, 2, {"missing action", "info, filter, pack or audit"});
  expect({"data", "inof"}, 2, {"unknown action 'inof'"});
  expect({"data", "info"}, 2, {"no data"});
  expect({"data", "pack", "x.csv"}, 2, {"-o is missing"});
  expect({"data", "info", "/nowhere/x.csv"}, 1, {"/nowhere/x.csv: ", "No such file"});
  expect({"data", "filter", "--crop", "1 2", "-o", "x.npy", "/nowhere/x.csv"}, 2,
         {"--crop", "'1 2'"});
}

}  // namespace
}  // namespace mien::test
