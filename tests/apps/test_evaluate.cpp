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
    base::write_file(folder_ / "fer2013.csv", fer2013_csv(synthetic_faces(16)));
  }

  Json evaluate(Words options = {}) const {
    Words words = {"evaluate", "--data",    folder_ / "fer2013.csv",
                   "--format", "json",      "--bootstrap",
                   "200",      "--threads", "1"};
    if (std::ranges::find(options, "--model") == options.end())
      options.insert(options.end(), {"--model", reference_model()});
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
  for (const char* key : {"accuracy", "macro_f1", "weighted_f1", "ece"})
    expect_score(report[key], 0, 1);
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
  ASSERT_EQ(mien({"data", "pack", folder_ / "fer2013.csv", "-o", folder_ / "packed.npy"}).exit_code,
            0);
  Json csv = evaluate(), packed = evaluate({"--data", folder_ / "packed.npy"});
  csv.erase("data");
  packed.erase("data");
  EXPECT_EQ(csv, packed);
}

TEST_F(Evaluate, FlipIsSaidAndDone) {
  const Json flip = evaluate({"--flip"});
  EXPECT_EQ(flip["views"], "flip");
  EXPECT_NE(flip["log_loss"]["value"], evaluate()["log_loss"]["value"]);

  // The mean over both views does not care which of the two is the image.
  datasets::Dataset mirrored = synthetic_faces(16);
  for (datasets::Sample& sample : mirrored) {
    for (int y = 0; y < datasets::kFaceSize; ++y)
      std::reverse(sample.pixels.begin() + y * datasets::kFaceSize,
                   sample.pixels.begin() + (y + 1) * datasets::kFaceSize);
  }
  base::write_file(folder_ / "fer2013.csv", fer2013_csv(mirrored));
  EXPECT_NEAR(evaluate({"--flip"})["log_loss"]["value"].get<double>(),
              flip["log_loss"]["value"].get<double>(), 1e-4);
}

TEST_F(Evaluate, ImagesSeenInTrainingAreScoredApart) {
  datasets::Dataset dataset = synthetic_faces(16);
  dataset.back().pixels = dataset.front().pixels;
  base::write_file(folder_ / "fer2013.csv", fer2013_csv(dataset));
  const Json report = evaluate();
  EXPECT_EQ(report["count"], 28);
  EXPECT_EQ(report["seen_in_training"], 1);
  EXPECT_EQ(report["without_seen"]["count"], 27);
}

TEST_F(Evaluate, VotesGiveTheFerPlusReport) {
  std::string votes =
      "Usage,Image "
      "name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF\n";
  for (const datasets::Sample& sample : synthetic_faces(16)) {
    votes += std::string(datasets::to_string(sample.split)) + ",a.png," +
             (sample.row % 28 == 0 ? "0,0,0,0,0,0,0,0,0,10\n" : "1,9,0,0,0,0,0,0,0,0\n");
  }
  base::write_file(folder_ / "votes.csv", votes);
  const Json report = evaluate({"--votes", folder_ / "votes.csv"});
  ASSERT_TRUE(report.contains("ferplus"));
  const Json& ferplus =
      report["ferplus"];  // one of the 28 is no face, the others are happy by nine of ten
  EXPECT_EQ(ferplus["count"], 28);
  EXPECT_EQ(ferplus["non_face"], 1);
  EXPECT_EQ(ferplus["tied"], 0);
  EXPECT_EQ(ferplus["knows_contempt"], false);
  EXPECT_EQ(ferplus["distribution"]["count"], 27);
  EXPECT_EQ(ferplus["majority"]["count"], 27);
  for (const Json& entry : ferplus["majority"]["per_class"])
    EXPECT_EQ(entry["support"], entry["label"] == "happy" ? 27 : 0) << entry;
  EXPECT_EQ(report["count"], 28);  // the official score does not change
  EXPECT_TRUE(evaluate()["ferplus"].is_null());
}

TEST_F(Evaluate, TextNamesModelDataAndScores) {
  const ProcessResult result = mien({"evaluate", "--model", reference_model(), "--data",
                                     folder_ / "fer2013.csv", "--flip", "--bootstrap", "100"});
  ASSERT_EQ(result.exit_code, 0) << result.error;
  for (const char* part :
       {"reference.onnx on ", "mirror image", "accuracy", "macro F1", "log loss", "confusion"}) {
    EXPECT_NE(result.out.find(part), std::string::npos) << part << " in\n" << result.out;
  }
}

/// The reference network once more, described by a sidecar as if it were somebody else's.
fs::path write_peer(const fs::path& folder,
                    const std::string& labels = "angry,disgust,fear,happy,sad,surprise,neutral") {
  const Json metadata =
      Json::parse(mien({"info", reference_model(), "--format", "json"}).out)["metadata"];
  fs::copy_file(reference_model(), folder / "peer.onnx");
  base::write_file(folder / "peer.onnx.toml", "labels = \"" + labels + "\"\nsize = 48\nmean = \"" +
                                                  metadata["mean"].get<std::string>() +
                                                  "\"\nstd = \"" +
                                                  metadata["std"].get<std::string>() + "\"\n");
  return folder / "peer.onnx";
}

TEST_F(Evaluate, JsonFollowsTheSchema) {
  const fs::path python = "/usr/bin/python3",
                 schema = fs::path(MIEN_SOURCE_DIR) / "docs/evaluation.schema.json";
  if (!python_has(python, "jsonschema")) GTEST_SKIP() << "python3-jsonschema is not here";
  const auto valid = [&](const Json& instance) {
    base::write_file(folder_ / "instance.json", instance.dump());
    return run({.program = python,
                .arguments = {"-W", "ignore", "-m", "jsonschema", "-i", folder_ / "instance.json",
                              schema}});
  };
  const Json one = evaluate({"--slices", "--detector", "hog", "--flip"}),
             two = evaluate({"--model", reference_model(), "--model", write_peer(folder_.path())});
  EXPECT_TRUE(one.contains("slices"));
  for (const Json& instance : {one, two}) {
    const ProcessResult result = valid(instance);
    EXPECT_EQ(result.exit_code, 0) << result.out << result.error;
  }
  // A schema that takes everything would pass the above too.
  Json wrong = one;
  wrong.erase("aurc");
  EXPECT_NE(valid(wrong).exit_code, 0);
  wrong = two;
  wrong["models"][1]["more"] = 1;
  EXPECT_NE(valid(wrong).exit_code, 0);
}

TEST_F(Evaluate, APeerBesideASidecarAnswersAlike) {
  const Json both = evaluate({"--model", reference_model(), "--model", write_peer(folder_.path())});
  const Json &own = both["models"][0], &peer = both["models"][1],
             &comparison = both["comparisons"][0];
  EXPECT_EQ(peer["name"], "peer");
  EXPECT_EQ(peer["runtime"], "Mien, f32");
  EXPECT_EQ(peer["temperature"], 1.0);
  EXPECT_EQ(peer["confusion"], own["confusion"]);
  EXPECT_NEAR(peer["ece"]["value"].get<double>(), own["ece_before"].get<double>(),
              1e-4);  // a sidecar has no temperature
  EXPECT_EQ(comparison["first"], "reference");
  EXPECT_EQ(comparison["count"], 28);
  EXPECT_EQ(comparison["mcnemar"]["mid_p"], 1.0);
  EXPECT_TRUE(mentions(comparison["words"], {"reference", "peer"}));
}

TEST_F(Evaluate, EveryModelHasANameOfItsOwn) {
  for (const char* folder : {"one/x", "two/x"}) {
    fs::create_directories(folder_ / folder);
    fs::copy_file(reference_model(), folder_ / folder / "best.onnx");
  }
  const Json both = evaluate({"--model", folder_ / "one/x/best.onnx", "--model",
                              folder_ / "two/x/best.onnx", "--model", folder_ / "two/x/best.onnx"});
  EXPECT_EQ(both["models"][0]["name"], (folder_ / "one/x/best.onnx").string());
  EXPECT_EQ(both["models"][1]["name"], (folder_ / "two/x/best.onnx").string());
  EXPECT_EQ(both["models"][2]["name"], (folder_ / "two/x/best.onnx (2)").string());
}

TEST_F(Evaluate, ModelsOfDifferentLabelsMeetOnCommonImages) {
  const Json both =
      evaluate({"--model", reference_model(), "--model",
                write_peer(folder_.path(), "angry,-,fear,happy,sad,surprise,neutral")});
  EXPECT_EQ(both["models"][1]["unknown_labels"], 4);  // those of disgust
  EXPECT_EQ(both["models"][1]["labels"].size(), 6U);
  EXPECT_EQ(both["comparisons"][0]["count"], 24);
}

TEST_F(Evaluate, CorruptedImagesAreMeasuredStepByStep) {
  const Json rows = evaluate({"--robustness"})["robustness"];
  ASSERT_EQ(rows.size(), 41U);
  EXPECT_EQ(rows[0]["kind"], "none");
  EXPECT_EQ(rows[0]["accuracy"], evaluate()["accuracy"]);
  EXPECT_EQ(rows[1]["kind"], "blur");
  EXPECT_EQ(rows[40]["strength"], "x 1.5");
}

TEST_F(Evaluate, SlicesPartPeopleAndLight) {
  datasets::Dataset dataset = synthetic_faces(16);
  for (datasets::Sample& sample : dataset) sample.subject[0] = sample.row % 2 == 0 ? 'a' : 'b';
  datasets::write_packed(folder_ / "packed.npy", dataset);
  const Json slices =
      evaluate({"--data", folder_ / "packed.npy", "--slices", "--detector", "hog"})["slices"];
  ASSERT_GE(slices.size(), 1U);
  EXPECT_EQ(slices[0]["by"], "subject");
  ASSERT_EQ(slices[0]["parts"].size(), 2U);
  EXPECT_EQ(slices[0]["parts"][0]["name"], "a");
  EXPECT_EQ(slices[0]["parts"][0]["count"].get<int>() + slices[0]["parts"][1]["count"].get<int>(),
            28);
  const std::string text = mien({"evaluate", "--model", reference_model(), "--model",
                                 write_peer(folder_.path()), "--data", folder_ / "packed.npy",
                                 "--slices", "--detector", "hog", "--bootstrap", "100"})
                               .out;
  const auto first = text.find("  subject: ");
  EXPECT_NE(first, std::string::npos) << text;
  EXPECT_NE(text.find("  subject: ", first + 1), std::string::npos) << "of each model\n" << text;
}

TEST_F(Evaluate, FoldersAreReadAsTheyAre) {
  for (const char* name : {"happy", "sad"}) {
    fs::create_directories(folder_ / "set" / name);
    fs::copy_file(kAstronaut, folder_ / "set" / name / "S1_1.png");
  }
  const Json cropped = evaluate({"--data", folder_ / "set", "--split", "Training"});
  EXPECT_EQ(cropped["count"], 2);
  const Json found =
      evaluate({"--data", folder_ / "set", "--faces", "--detector", "hog", "--slices"});
  EXPECT_EQ(found["split"], "all");
  EXPECT_EQ(found["count"], 2);
  EXPECT_DOUBLE_EQ(found["accuracy"]["value"], 0.5);  // she is happy
  EXPECT_EQ(found["least_certain"][0]["prediction"], "happy");
}

TEST_F(Evaluate, ReportIsOneWholePage) {
  if (!fs::exists("/usr/bin/gnuplot")) GTEST_SKIP() << "gnuplot is not installed";
  const fs::path page = folder_ / "report.html";
  base::write_file(folder_ / "history.csv",
                   std::string_view("epoch,train_loss,valid_loss\n1,2,2\n2,1,1.5\n"));
  const Words words = {"evaluate",
                       "--model",
                       reference_model(),
                       "--data",
                       folder_ / "fer2013.csv",
                       "--bootstrap",
                       "100",
                       "--detector",
                       "hog",
                       "--threads",
                       "1",
                       "--history",
                       folder_ / "history.csv",
                       "--report",
                       page};
  const ProcessResult shown = mien(words);
  ASSERT_EQ(shown.exit_code, 0) << shown.error;
  const std::string with_images = base::read_text(page);
  EXPECT_EQ(with_images.find("<!doctype html>"), 0U);
  for (const char* part :
       {"Evaluation of reference", ">Training<", "data:image/png;base64,", "</html>"})
    EXPECT_NE(with_images.find(part), std::string::npos) << part;
  Words without = words;
  without.push_back("--no-images");
  ASSERT_EQ(mien(without).exit_code, 0);
  EXPECT_EQ(base::read_text(page).find("data:image"), std::string::npos);

  Command no_gnuplot = mien_command(words);
  no_gnuplot.environment["PATH"] = "/nowhere";
  fs::remove(page);
  const ProcessResult refused = run(no_gnuplot);
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_TRUE(mentions(refused.error, {"gnuplot", "not installed"}));
  EXPECT_FALSE(fs::exists(page));
}

TEST_F(Evaluate, CardHasTablesForAModelCard) {
  const ProcessResult card =
      mien({"evaluate", "--model", reference_model(), "--data", folder_ / "fer2013.csv", "--format",
            "card", "--bootstrap", "100", "--threads", "1"});
  EXPECT_EQ(card.exit_code, 0) << card.error;
  for (const char* part : {"### reference\n", "| PrivateTest | ", "| surprise | 4 | "})
    EXPECT_NE(card.out.find(part), std::string::npos) << part << card.out;
}

TEST_F(Evaluate, MistakesAreNamed) {
  const auto expect = [](Words words, int code, std::initializer_list<std::string_view> parts) {
    const ProcessResult result = mien(std::move(words));
    EXPECT_EQ(result.exit_code, code);
    EXPECT_TRUE(mentions(result.error, parts));
  };
  const std::string csv = folder_ / "fer2013.csv";
  expect({"evaluate"}, 2, {"--data is missing"});
  expect({"evaluate", "--data", csv, "x"}, 2, {"unexpected", "'x'"});
  expect({"evaluate", "--data", csv, "--split", "holiday"}, 2, {"'holiday'"});
  expect({"evaluate", "--data", "/nowhere.csv"}, 1, {"/nowhere.csv: "});
  expect({"evaluate", "--data", csv, "--model", "nowhere"}, 1, {"nowhere: "});
  expect({"evaluate", "--data", csv, "--model", csv}, 1, {csv + ": ", "ONNX"});
  expect({"evaluate", "--data", csv, "--history", csv}, 1, {csv + ":1: ", "'epoch'"});
  expect({"evaluate", "--data", folder_ / "none", "--faces"}, 1, {(folder_ / "none").string()});
  expect({"evaluate", "--data", csv, "--slices", "--detector", "nowhere"}, 1, {"nowhere"});
  const std::string checkpoint = folder_ / "best.ckpt";
  base::write_file(checkpoint, "PK\x03\x04 and so on");
  expect({"info", checkpoint}, 1, {checkpoint + ": ", "mien export"});
}

TEST_F(Evaluate, CalibrationLowersTheLogLossOfItsSplit) {
  const fs::path calibrated = folder_ / "calibrated.onnx", copy = folder_ / "calibrated-int8.onnx";
  base::write_file(copy, "of before");
  const ProcessResult result = mien({"calibrate", "--model", reference_model(), "--data",
                                     folder_ / "fer2013.csv", "-o", calibrated});
  EXPECT_TRUE(mentions(result.out, {copy.string(), "mien quantize"}));
  ASSERT_EQ(result.exit_code, 0) << result.error;
  const Json before = evaluate({"--split", "PublicTest"});
  const Json after = evaluate({"--split", "PublicTest", "--model", calibrated});
  EXPECT_LT(after["log_loss"]["value"], before["log_loss"]["value"]);
  EXPECT_EQ(after["accuracy"], before["accuracy"]);
  EXPECT_EQ(after["confusion"], before["confusion"]);

  const Json info = Json::parse(mien({"info", "--format", "json", calibrated}).out);
  Json original = Json::parse(mien({"info", "--format", "json", reference_model()}).out);
  EXPECT_NE(info["metadata"]["temperature"], original["metadata"]["temperature"]);
  original["path"] = info["path"];
  original["metadata"]["temperature"] = info["metadata"]["temperature"];
  EXPECT_EQ(info, original);  // nothing else changed
}

TEST_F(Evaluate, CalibrationWithBiasesFollowsTheShares) {
  datasets::Dataset dataset = synthetic_faces(16);
  for (datasets::Sample& sample : dataset) {
    if (sample.row % 4 != 0)
      sample.emotion = 4;  // three of four are sad, as nothing in the images tells
  }
  base::write_file(folder_ / "fer2013.csv", fer2013_csv(dataset));
  const auto loss_after = [&](Words more) {
    const fs::path calibrated = folder_ / "calibrated.onnx";
    more.insert(more.begin(), {"calibrate", "--model", reference_model(), "--data",
                               folder_ / "fer2013.csv", "-o", calibrated});
    const ProcessResult result = mien(more);
    EXPECT_EQ(result.exit_code, 0) << result.error;
    EXPECT_EQ(result.out.find("biases angry") != std::string::npos, more.back() == "--biases")
        << result.out;
    return evaluate({"--split", "PublicTest", "--model", calibrated})["log_loss"]["value"]
        .get<double>();
  };
  EXPECT_LT(loss_after({"--biases"}), loss_after({}) - 0.3);
}

TEST_F(Evaluate, CalibrationOnAFolderReportsTheCrossValidatedGain) {
  int number = 0;
  for (const datasets::Sample& sample : synthetic_faces(8)) {
    const fs::path path = folder_ / "photos" / to_string(static_cast<Emotion>(sample.emotion)) /
                          (std::to_string(++number) + ".pgm");
    fs::create_directories(path.parent_path());
    base::write_file(path,
                     "P5 48 48 255\n" + std::string(sample.pixels.begin(), sample.pixels.end()));
  }
  const ProcessResult result =
      mien({"calibrate", "--model", reference_model(), "--data", folder_ / "photos", "--biases",
            "-o", folder_ / "calibrated.onnx"});
  EXPECT_EQ(result.exit_code, 0) << result.error;
  EXPECT_TRUE(mentions(result.out, {"5-fold cross-validation", "macro F1", "calibrated.onnx"}));
}

TEST_F(Evaluate, TheSubjectBaselineNeedsSubjects) {
  const ProcessResult refused = mien({"evaluate", "--model", reference_model(), "--data",
                                      folder_ / "fer2013.csv", "--subject-baseline"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_TRUE(mentions(refused.error, {"--subject-baseline", "subjects"}));
  datasets::Dataset dataset = synthetic_faces(16);
  for (datasets::Sample& sample : dataset) sample.subject[0] = sample.row % 2 == 0 ? 'a' : 'b';
  datasets::write_packed(folder_ / "packed.npy", dataset);
  const Json with = evaluate({"--data", folder_ / "packed.npy", "--subject-baseline"}),
             without = evaluate({"--data", folder_ / "packed.npy"});
  EXPECT_EQ(with["count"], without["count"]);
  EXPECT_NE(with["log_loss"], without["log_loss"]);
  EXPECT_EQ(with["temperature"], 1.0);
}

TEST_F(Evaluate, CalibrationRefusesWhatCannotBe) {
  const auto error_of = [&](Words more) {
    more.insert(more.begin(), {"calibrate", "--model", reference_model(), "--data",
                               folder_ / "fer2013.csv", "-o", folder_ / "calibrated.onnx"});
    const ProcessResult result = mien(more);
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_FALSE(fs::exists(folder_ / "calibrated.onnx"));
    return result.error;
  };
  EXPECT_TRUE(mentions(error_of({"--min-recall", "0.5"}), {"--min-recall", "--biases"}));
  EXPECT_TRUE(mentions(error_of({"--least-recall", "0.5"}),
                       {"--least-recall is deprecated; use --min-recall"}));
  EXPECT_TRUE(mentions(error_of({"--biases", "--min-recall", "0.9"}), {"biases", "0.9"}));
}

TEST_F(Evaluate, QuantizeWritesAnEightBitModelThatAnswersAlike) {
  const fs::path quantized = folder_ / "int8.onnx";
  const Words words = {"quantize", reference_model(), "--calibration", folder_ / "fer2013.csv"};
  const auto with = [&](Words more) {
    more.insert(more.begin(), words.begin(), words.end());
    return mien(more);
  };
  const ProcessResult result = with({"-o", quantized, "--keep-f32", "block2_conv1"});
  ASSERT_EQ(result.exit_code, 0) << result.error;
  EXPECT_LT(fs::file_size(quantized), fs::file_size(reference_model()) / 3);
  const Json before = evaluate(), after = evaluate({"--model", quantized, "--precision", "int8"});
  EXPECT_NEAR(after["log_loss"]["value"], before["log_loss"]["value"],
              0.05 * before["log_loss"]["value"].get<double>());

  const ProcessResult unknown = with({"-o", folder_ / "x.onnx", "--keep-f32", "nosuchnode"});
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_TRUE(mentions(unknown.error, {"--keep-f32", "'nosuchnode'"}));
  EXPECT_FALSE(fs::exists(folder_ / "x.onnx"));
}

TEST_F(Evaluate, InfoTellsWhatIsInAModel) {
  const Json info = Json::parse(mien({"info", "--format", "json", reference_model()}).out);
  EXPECT_EQ(info["parameters"], 2240063);
  EXPECT_EQ(info["inputs"][0]["shape"], Json::parse("[-1, 1, 48, 48]"));
  EXPECT_EQ(info["outputs"][0]["shape"], Json::parse("[-1, 7]"));
  EXPECT_EQ(info["metadata"]["labels"], "angry,disgust,fear,happy,sad,surprise,neutral");
  const ProcessResult text = mien({"info", reference_model()});
  EXPECT_EQ(text.exit_code, 0);
  EXPECT_NE(text.out.find("2240063 parameters"), std::string::npos) << text.out;
  EXPECT_NE(text.out.find("N x 1 x 48 x 48"), std::string::npos) << text.out;
  EXPECT_EQ(mien({"info", folder_ / "fer2013.csv"}).exit_code, 1);
}

}  // namespace
}  // namespace mien::test
