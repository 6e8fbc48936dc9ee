// mien knn: nearest neighbors among images that a program of a moment tells apart.
#include "apps_support.hpp"
#include "synthetic_faces.hpp"

namespace mien::test {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using Words = std::vector<std::string>;

class Knn : public testing::Test {
 protected:
  fs::path write(const datasets::Dataset& dataset, const std::string& name = "faces.npy") const {
    datasets::write_packed(folder_ / name, dataset);
    return folder_ / name;
  }
  static ProcessResult run_knn(const fs::path& data, Words options = {}) {
    Words words = {"knn", "--data", data, "--bootstrap", "100", "--threads", "2"};
    words.insert(words.end(), options.begin(), options.end());
    return mien(words);
  }
  static Json knn(const fs::path& data, Words options = {}) {
    options.insert(options.end(), {"--format", "json"});
    const ProcessResult result = run_knn(data, options);
    EXPECT_EQ(result.exit_code, 0) << result.error;
    return Json::parse(result.out);
  }
  static void expect_refusal(const fs::path& data, const Words& options,
                             std::initializer_list<std::string_view> parts) {
    const ProcessResult result = run_knn(data, options);
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_EQ(result.out, "");
    EXPECT_TRUE(mentions(result.error, parts));
  }

  TemporaryDir folder_;
};

TEST_F(Knn, FindsTheEmotionOfEveryImage) {
  const fs::path data = write(synthetic_faces(16));
  for (const char* features : {"pixels", "hog"}) {
    const Json report = knn(data, {"--features", features});
    EXPECT_EQ(report["count"], 28);
    EXPECT_EQ(report["split"], "PrivateTest");
    EXPECT_EQ(report["labels"].size(), 7U);
    EXPECT_EQ(report["accuracy"]["value"], 1) << features;
    EXPECT_EQ(report["macro_f1"]["value"], 1) << features;
    EXPECT_EQ(report["knn"]["features"], features);
    EXPECT_EQ(report["knn"]["training_pictures"], 7 * 16);
    EXPECT_EQ(report["knn"]["grid"].size(), 3U * 11);
    EXPECT_EQ(report["knn"]["k"], 1);  // of equals the first
    EXPECT_EQ(report["knn"]["metric"], "l1");
  }
}

TEST_F(Knn, ChoosesOnPublicTest) {
  // Of each class three training images are labeled wrong, and PublicTest has images next to
  // those: one neighbor is then worse than eleven.
  datasets::Dataset dataset = synthetic_faces(16);
  std::vector<datasets::Sample> near;
  for (datasets::Sample& sample : dataset) {
    if (sample.split != datasets::Split::kTraining || sample.row >= 3 * 7) continue;
    datasets::Sample copy = sample;
    copy.split = datasets::Split::kPublicTest;
    copy.pixels[0] ^= 1;
    near.push_back(copy);
    sample.emotion = static_cast<std::int8_t>((sample.emotion + 1) % 7);
  }
  dataset.insert(dataset.end(), near.begin(), near.end());
  const Json report = knn(write(dataset), {"--k", "1,11", "--metric", "l2"});
  const Json& grid = report["knn"]["grid"];
  ASSERT_EQ(grid.size(), 2U);
  EXPECT_EQ(grid[0]["k"], 1);
  EXPECT_LT(grid[0]["accuracy"].get<double>(), 28.001 / (28 + 21));
  EXPECT_GT(grid[1]["accuracy"].get<double>(), 0.95);
  EXPECT_EQ(report["knn"]["k"], 11);
  EXPECT_GT(report["accuracy"]["value"].get<double>(), 0.95);
}

TEST_F(Knn, LeakedTrainingImagesAreNotCompared) {
  // Each PrivateTest image is a Training image too, under another label.
  datasets::Dataset dataset = synthetic_faces(16);
  const datasets::Dataset original = dataset;
  for (datasets::Sample sample : original) {
    if (sample.split != datasets::Split::kPrivateTest) continue;
    sample.split = datasets::Split::kTraining;
    sample.emotion = static_cast<std::int8_t>((sample.emotion + 1) % 7);
    dataset.push_back(sample);
  }
  const fs::path data = write(dataset);
  EXPECT_EQ(knn(data, {"--k", "1"})["accuracy"]["value"], 1);
  EXPECT_EQ(knn(data, {"--k", "1", "--no-drop-leaked"})["accuracy"]["value"], 0);
}

TEST_F(Knn, VotesAreScoredToo) {
  datasets::Dataset dataset = synthetic_faces(16);
  for (datasets::Sample& sample : dataset)
    sample.votes[static_cast<std::size_t>(datasets::Vote::kHappiness)] = 10;
  const Json report = knn(write(dataset));
  EXPECT_EQ(report["ferplus"]["majority"]["count"], 28);
  EXPECT_NEAR(report["ferplus"]["majority"]["accuracy"]["value"].get<double>(), 1 / 7.0, 1e-5);
  EXPECT_FALSE(knn(write(synthetic_faces(16))).contains("ferplus"));
}

TEST_F(Knn, TextShowsTheGridAndTheReport) {
  const ProcessResult result =
      run_knn(write(synthetic_faces(16)), {"--k", "3,1", "--metric", "cosine,l1"});
  EXPECT_EQ(result.exit_code, 0) << result.error;
  EXPECT_TRUE(mentions(result.out, {"PublicTest, 28 images", "112 Training images",
                                    "   k  cosine             l1               \n"
                                    "   1  1.0000 (1.0000)*   1.0000 (1.0000)  \n"
                                    "   3  1.0000 (1.0000)    1.0000 (1.0000)  \n\n"
                                    "nearest neighbors (k 1, cosine, pixels) on ",
                                    "accuracy     1.0000  (0.8794 to 1.0000)",
                                    "macro F1     1.0000", "happy ", "selection "}));
}

TEST_F(Knn, JsonObeysTheSchemaOfEvaluations) {
  const fs::path python = "/usr/bin/python3",
                 schema = fs::path(MIEN_SOURCE_DIR) / "docs/evaluation.schema.json";
  if (!python_has(python, "jsonschema")) GTEST_SKIP() << "python3-jsonschema is not here";
  base::write_file(folder_ / "instance.json", knn(write(synthetic_faces(16))).dump());
  const ProcessResult result = run(
      {.program = python,
       .arguments = {"-W", "ignore", "-m", "jsonschema", "-i", folder_ / "instance.json", schema}});
  EXPECT_EQ(result.exit_code, 0) << result.out << result.error;
}

TEST_F(Knn, MistakesAreNamed) {
  datasets::Dataset dataset = synthetic_faces(4);
  const fs::path data = write(dataset);
  expect_refusal(data, {"--features", "sift"}, {"--features", "sift", "pixels or hog"});
  expect_refusal(data, {"--k", "1,29"}, {"--k", "28", "29"});
  for (const std::string list : {"1,x", "0", "-1", "2.5"})
    expect_refusal(data, {"--k", list}, {"--k", "integers", "'" + list + "'"});
  expect_refusal(data, {"--metric", "l3"}, {"'l3'", "cosine"});
  expect_refusal(data, {"--split", "Training"}, {"--split", "PrivateTest"});
  EXPECT_TRUE(mentions(mien({"knn"}).error, {"--data is missing"}));
  EXPECT_EQ(run_knn("/nowhere/x.csv").exit_code, 1);

  const auto without = [&](datasets::Split split) {
    datasets::Dataset rest = dataset;
    std::erase_if(rest, [&](const datasets::Sample& sample) { return sample.split == split; });
    return write(rest, "rest.npy");
  };
  const std::string rest = folder_ / "rest.npy";
  expect_refusal(without(datasets::Split::kTraining), {}, {rest, "Training"});
  expect_refusal(without(datasets::Split::kPublicTest), {}, {rest, "PublicTest"});
  expect_refusal(without(datasets::Split::kPrivateTest), {}, {rest, "PrivateTest"});
}

}  // namespace
}  // namespace mien::test
