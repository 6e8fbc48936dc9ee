// What the model files in models/ reach on the whole PrivateTest of FER2013, when the optional data
// folder has it.
#include "apps_support.hpp"

namespace mien::test {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

struct Scores {
  int count = 0;
  double accuracy = 0, macro_f1 = 0;
};

Scores evaluate(const fs::path& data, const fs::path& model, const std::string& precision) {
  Command command =
      mien_command({"evaluate", "--data", data, "--model", model, "--precision", precision,
                    "--threads", "1", "--bootstrap", "100", "--format", "json"});
  command.timeout = std::chrono::seconds(280);
  const ProcessResult result = run(command);
  EXPECT_EQ(result.exit_code, 0) << result.error;
  if (result.exit_code != 0) return {};
  const Json report = Json::parse(result.out);
  return {report["count"], report["accuracy"]["value"], report["macro_f1"]["value"]};
}

TEST(ShippedModels, ReachTheirScores) {
  const fs::path models = fs::path(MIEN_SOURCE_DIR) / "models";
  const auto archive = shared_path("data/fer2013.csv.xz");
  if (!archive) GTEST_SKIP() << "needs data/fer2013.csv.xz in the data folder";
  if (std::system("xz --version > /dev/null 2>&1") != 0) GTEST_SKIP() << "xz is not here";
  const TemporaryDir folder;
  const fs::path csv = folder / "fer2013.csv";
  const std::string unpack = "xz -dc '" + archive->string() +
                             "' | grep -e emotion -e PrivateTest > '" + csv.string() + "'";
  ASSERT_EQ(std::system(unpack.c_str()), 0);

  const auto expect_scores = [&](const std::string& name, double accuracy, double macro_f1) {
    const Scores f32 = evaluate(csv, models / (name + ".onnx"), "f32");
    EXPECT_EQ(f32.count, 3589) << name;
    EXPECT_GE(f32.accuracy, accuracy) << name;
    EXPECT_GE(f32.macro_f1, macro_f1) << name;
    const Scores int8 = evaluate(csv, models / (name + "-int8.onnx"), "int8");
    EXPECT_EQ(int8.count, 3589) << name;
    EXPECT_NEAR(int8.accuracy, f32.accuracy, 0.005) << name;
    EXPECT_NEAR(int8.macro_f1, f32.macro_f1, 0.007) << name;
  };
  expect_scores("mien", 0.68, 0.66);
  expect_scores("reference", 0.65, 0.61);
}

TEST(ShippedModels, MienAnswersInSevenClassesAndKnowsContempt) {
  MIEN_SKIP_WITHOUT(kAstronaut);
  const ProcessResult photo = mien({"predict", kAstronaut, "--format", "json"});
  const ProcessResult eight =
      mien({"predict", kAstronaut, "--format", "json", "--head", "ferplus", "--contempt"});
  EXPECT_EQ(Json::parse(photo.out)[0]["faces"][0]["probabilities"].size(), 7U);
  EXPECT_EQ(Json::parse(eight.out)[0]["faces"][0]["probabilities"].size(), 8U);
  EXPECT_EQ(Json::parse(eight.out)[0]["faces"][0]["emotion"], "happy");
}

}  // namespace
}  // namespace mien::test
