#include "apps_support.hpp"

namespace mien::test {
namespace {

using nlohmann::json;

ProcessResult layers(std::vector<std::string> more) {
  std::vector<std::string> arguments = {"bench",     "--layers", "--model",   "reference-int8",
                                        "--threads", "1",        "--seconds", "0.01"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return mien(arguments);
}

TEST(BenchCommandLine, LayersAddUpToTheNetwork) {
  const ProcessResult result = layers({"--format", "json", "--batch", "2"});
  ASSERT_EQ(result.exit_code, 0) << result.error;
  const json report = json::parse(result.out);
  EXPECT_EQ(report["precision"], "int8");
  EXPECT_EQ(report["batch"], 2);
  double ms = 0, part = 0;
  std::int64_t madds = 0;
  for (const json& call : report["calls"]) {
    EXPECT_FALSE(call["layer"].get<std::string>().empty());
    EXPECT_FALSE(call["implementation"].get<std::string>().empty());
    EXPECT_EQ(call["shape"].get<std::string>().substr(0, 2), "2x") << call;
    EXPECT_GT(call["ms"], 0);
    EXPECT_EQ(call["gmadds_per_second"] > 0, call["multiply_adds"] > 0) << call;
    if (call["multiply_adds"] == 0) {
      EXPECT_TRUE(call["of_peak"].is_null()) << call;
    }
    ms += call["ms"].get<double>();
    part += call["part"].get<double>();
    madds += call["multiply_adds"].get<std::int64_t>();
  }
  EXPECT_NEAR(ms, report["calls_ms"].get<double>(), 0.001);
  EXPECT_NEAR(part, 1, 0.01);
  EXPECT_GT(report["run_ms"], 0);
  const ProcessResult whole = mien({"bench", "--model", "reference-int8", "--batch", "2",
                                    "--seconds", "0.01", "--format", "json"});
  EXPECT_EQ(json::parse(whole.out)["multiply_adds"], madds);
}

TEST(BenchCommandLine, LayersAsATable) {
  const ProcessResult result = layers({});
  ASSERT_EQ(result.exit_code, 0) << result.error;
  EXPECT_NE(result.out.find("reference-int8.onnx, int8, 1 thread, batch 1, median of "),
            std::string::npos)
      << result.out;
  for (const std::string word : {"\n  layer ", " convolution ", " inner_product ", " u8 u8 ",
                                 "\n  all calls ", "\n  whole run ", "100.0 %"}) {
    EXPECT_NE(result.out.find(word), std::string::npos) << word << "\n" << result.out;
  }
}

TEST(BenchCommandLine, LayersAreOfTheNetworkAlone) {
  const ProcessResult result = layers({"photo.jpg"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_TRUE(mentions(result.error, {"--layers", "photo"}));
}

}  // namespace
}  // namespace mien::test
