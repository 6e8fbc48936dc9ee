// mien evaluate, calibrate and info: on the reference network and on data that it has not learnt.
#include <cmath>

#include "apps_support.hpp"
#include "synthetic_faces.hpp"

namespace mien::test {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using Words = std::vector<std::string>;

class Evaluate : public testing::Test {
 protected:
  void SetUp() override {
    MIEN_SKIP_WITHOUT(reference_model());
    write_file(folder_ / "fer2013.csv", fer2013_csv(synthetic_faces(16)));
  }

  Json evaluate(Words options = {}) const {
    Words words = {"evaluate", "--data", folder_ / "fer2013.csv", "--format", "json", "--bootstrap", "200", "--threads", "1"};
    words.insert(words.end(), options.begin(), options.end());
    const ProcessResult result = mien(words);
    EXPECT_EQ(result.exit_code, 0) << result.error;
    return Json::parse(result.out);
  }

  TemporaryDir folder_;
};

void expect_score(const Json& score, double low, double high) {
  ASSERT_TRUE(score.is_object()) << score;
  const double value = score["value"];
  EXPECT_GE(value, low);
  EXPECT_LE(value, high);
  EXPECT_LE(score["low"].get<double>(), score["high"].get<double>());
}

TEST_F(Evaluate, JsonHasEveryScoreWithItsInterval) {
  const Json report = evaluate();
  EXPECT_EQ(report["count"], 4 * 7);
  EXPECT_EQ(report["split"], "PrivateTest");
  EXPECT_EQ(report["views"], "single");
  EXPECT_EQ(report["seen_in_training"], 0);
  EXPECT_EQ(report["unknown_labels"], 0);
  for (const char* key : {"accuracy", "macro_f1", "weighted_f1", "ece"}) expect_score(report[key], 0, 1);
  expect_score(report["log_loss"], 0, 100);
  ASSERT_EQ(report["per_class"].size(), 7U);
  ASSERT_EQ(report["confusion"].size(), 7U);
  int right = 0;
  for (std::size_t c = 0; c < 7; ++c) {
    const Json& entry = report["per_class"][c];
    EXPECT_EQ(entry["label"], report["labels"][c]);
    EXPECT_EQ(entry["support"], 4);
    for (const char* key : {"precision", "recall", "f1"}) expect_score(entry[key], 0, 1);
    ASSERT_EQ(report["confusion"][c].size(), 7U);
    int row = 0;
    for (const auto& count : report["confusion"][c]) row += count.get<int>();
    EXPECT_EQ(row, 4);
    right += report["confusion"][c][c].get<int>();
  }
  EXPECT_NEAR(report["accuracy"]["value"].get<double>(), right / 28.0, 1e-5);
}

TEST_F(Evaluate, PackedDataGiveTheSameReport) {
  ASSERT_EQ(mien({"data", "pack", folder_ / "fer2013.csv", "-o", folder_ / "packed.npy"}).exit_code, 0);
  Json csv = evaluate(), packed = evaluate({"--data", folder_ / "packed.npy"});
  csv.erase("data");
  packed.erase("data");
  EXPECT_EQ(csv, packed);
}

TEST_F(Evaluate, FlipIsSaidAndDone) {
  const Json flip = evaluate({"--flip"});
  EXPECT_EQ(flip["views"], "flip");
  EXPECT_NE(flip["log_loss"]["value"], evaluate()["log_loss"]["value"]);

  // The mean over both views does not care which of the two is the picture.
  Dataset mirrored = synthetic_faces(16);
  for (Sample& sample : mirrored) {
    for (int y = 0; y < kFaceSize; ++y) std::reverse(sample.pixels.begin() + y * kFaceSize, sample.pixels.begin() + (y + 1) * kFaceSize);
  }
  write_file(folder_ / "fer2013.csv", fer2013_csv(mirrored));
  EXPECT_NEAR(evaluate({"--flip"})["log_loss"]["value"].get<double>(), flip["log_loss"]["value"].get<double>(), 1e-4);
}

TEST_F(Evaluate, PicturesSeenInTrainingAreScoredApart) {
  Dataset dataset = synthetic_faces(16);
  dataset.back().pixels = dataset.front().pixels;
  write_file(folder_ / "fer2013.csv", fer2013_csv(dataset));
  const Json report = evaluate();
  EXPECT_EQ(report["count"], 28);
  EXPECT_EQ(report["seen_in_training"], 1);
  EXPECT_EQ(report["without_seen"]["count"], 27);
}

TEST_F(Evaluate, VotesGiveTheFerPlusReport) {
  std::string votes = "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF\n";
  for (const Sample& sample : synthetic_faces(16)) {
    votes += std::string(to_string(sample.split)) + ",a.png," + (sample.row % 28 == 0 ? "0,0,0,0,0,0,0,0,0,10\n" : "1,9,0,0,0,0,0,0,0,0\n");
  }
  write_file(folder_ / "votes.csv", votes);
  const Json report = evaluate({"--votes", folder_ / "votes.csv"});
  ASSERT_TRUE(report.contains("ferplus"));
  const Json& ferplus = report["ferplus"];  // one of the 28 is no face, the others are happy by nine of ten
  EXPECT_EQ(ferplus["count"], 28);
  EXPECT_EQ(ferplus["non_face"], 1);
  EXPECT_EQ(ferplus["tied"], 0);
  EXPECT_EQ(ferplus["knows_contempt"], false);
  EXPECT_EQ(ferplus["distribution"]["count"], 27);
  EXPECT_EQ(ferplus["majority"]["count"], 27);
  for (const Json& entry : ferplus["majority"]["per_class"]) EXPECT_EQ(entry["support"], entry["label"] == "happy" ? 27 : 0) << entry;
  EXPECT_EQ(report["count"], 28);  // the official score does not change
  EXPECT_TRUE(evaluate()["ferplus"].is_null());
}

TEST_F(Evaluate, TextNamesModelDataAndScores) {
  const ProcessResult result = mien({"evaluate", "--data", folder_ / "fer2013.csv", "--flip", "--bootstrap", "0"});
  ASSERT_EQ(result.exit_code, 0) << result.error;
  for (const char* part : {"reference.onnx on ", "mean of picture and mirror image", "accuracy", "macro F1", "log loss", "confusion"}) {
    EXPECT_NE(result.out.find(part), std::string::npos) << part << " in\n" << result.out;
  }
}

TEST_F(Evaluate, MistakesAreNamed) {
  const auto expect = [](Words words, int code, const std::string& message) {
    const ProcessResult result = mien(std::move(words));
    EXPECT_EQ(result.exit_code, code);
    EXPECT_EQ(result.error.find("mien: " + message), 0U) << result.error;
  };
  const std::string csv = folder_ / "fer2013.csv";
  expect({"evaluate"}, 2, "--data FILE is missing");
  expect({"evaluate", "--data", csv, "x"}, 2, "unexpected argument 'x'");
  expect({"evaluate", "--data", csv, "--split", "Test"}, 2, "");
  expect({"evaluate", "--data", "/nowhere.csv"}, 1, "/nowhere.csv: cannot open");
  expect({"evaluate", "--data", csv, "--model", "nowhere"}, 1, "nowhere: no such model file");
  expect({"evaluate", "--data", csv, "--model", csv}, 1, csv + ": not an ONNX file");
  const std::string checkpoint = folder_ / "best.ckpt";
  write_file(checkpoint, "PK\x03\x04 and so on");
  expect({"info", checkpoint}, 1, checkpoint + ": not an ONNX file but an archive, as checkpoints are: 'mien export " + checkpoint +
                                      " -o model.onnx' makes a model of a checkpoint\n");
}

TEST_F(Evaluate, CalibrationLowersTheLogLossOfItsSplit) {
  const fs::path calibrated = folder_ / "calibrated.onnx";
  const ProcessResult result = mien({"calibrate", "--model", reference_model(), "--data", folder_ / "fer2013.csv", "-o", calibrated});
  ASSERT_EQ(result.exit_code, 0) << result.error;
  const Json before = evaluate({"--split", "PublicTest"});
  const Json after = evaluate({"--split", "PublicTest", "--model", calibrated});
  EXPECT_LT(after["log_loss"]["value"], before["log_loss"]["value"]);
  EXPECT_EQ(after["accuracy"], before["accuracy"]);
  EXPECT_EQ(after["confusion"], before["confusion"]);

  const Json info = Json::parse(mien({"info", "--format", "json", calibrated}).out);
  Json original = Json::parse(mien({"info", "--format", "json"}).out);
  EXPECT_NE(info["metadata"]["temperature"], original["metadata"]["temperature"]);
  original["path"] = info["path"];
  original["metadata"]["temperature"] = info["metadata"]["temperature"];
  EXPECT_EQ(info, original);  // nothing else changed
}

TEST_F(Evaluate, QuantizeWritesAnEightBitModelThatAnswersAlike) {
  const fs::path quantized = folder_ / "int8.onnx";
  const Words words = {"quantize", reference_model(), "--calibration", folder_ / "fer2013.csv"};
  const auto with = [&](Words more) {
    more.insert(more.begin(), words.begin(), words.end());
    return mien(more);
  };
  const ProcessResult result = with({"-o", quantized, "--keep", "block2_conv1"});
  ASSERT_EQ(result.exit_code, 0) << result.error;
  EXPECT_LT(fs::file_size(quantized), fs::file_size(reference_model()) / 3);
  const Json before = evaluate(), after = evaluate({"--model", quantized, "--precision", "int8"});
  EXPECT_NEAR(after["log_loss"]["value"], before["log_loss"]["value"], 0.05 * before["log_loss"]["value"].get<double>());

  const ProcessResult unknown = with({"-o", folder_ / "x.onnx", "--keep", "nosuchnode"});
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_NE(unknown.error.find("nosuchnode"), std::string::npos) << unknown.error;
  EXPECT_FALSE(fs::exists(folder_ / "x.onnx"));
}

TEST_F(Evaluate, InfoTellsWhatIsInAModel) {
  const Json info = Json::parse(mien({"info", "--format", "json"}).out);
  EXPECT_EQ(info["parameters"], 2240063);
  EXPECT_EQ(info["inputs"][0]["shape"], Json::parse("[-1, 1, 48, 48]"));
  EXPECT_EQ(info["outputs"][0]["shape"], Json::parse("[-1, 7]"));
  EXPECT_EQ(info["metadata"]["labels"], "angry,disgust,fear,happy,sad,surprise,neutral");
  const ProcessResult text = mien({"info"});
  EXPECT_EQ(text.exit_code, 0);
  EXPECT_NE(text.out.find("2240063 parameters"), std::string::npos) << text.out;
  EXPECT_NE(text.out.find("N x 1 x 48 x 48"), std::string::npos) << text.out;
  EXPECT_EQ(mien({"info", folder_ / "fer2013.csv"}).exit_code, 1);
}

}  // namespace
}  // namespace mien::test
