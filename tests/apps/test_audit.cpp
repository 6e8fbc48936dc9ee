#include "apps_support.hpp"

#include "audit/images.hpp"
#include "datasets/npy.hpp"
#include "synthetic_faces.hpp"

namespace mien::test {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

class Audit : public testing::Test {
 protected:
  void SetUp() override { MIEN_SKIP_WITHOUT(default_model()); }
  TemporaryDir folder_;
};

TEST_F(Audit, WritesPagesListsAndASummary) {
  datasets::Dataset dataset;
  for (unsigned i = 0; i < 42; ++i)
    dataset.push_back(waves(i, static_cast<Emotion>(i % 7),
                            i < 28 ? datasets::Split::kTraining : datasets::Split::kPublicTest));
  dataset[20].pixels = dataset[3].pixels;  // both Training, of other labels
  dataset[30].pixels = dataset[5].pixels;  // PublicTest and Training
  dataset[9].pixels.fill(0);
  base::write_file(folder_ / "fer2013.csv", fer2013_csv(dataset));
  const ProcessResult result = mien({"data", "audit", folder_ / "fer2013.csv", "-o",
                                     folder_ / "audit", "--format", "json", "--threads", "1"});
  ASSERT_EQ(result.exit_code, 0) << result.error;
  const Json json = Json::parse(result.out);
  EXPECT_EQ(json["pictures"], 42);
  EXPECT_EQ(json["exact_duplicates"]["groups"], 2);
  EXPECT_EQ(json["no_face"], 1);
  EXPECT_EQ(base::read_text(folder_ / "audit" / "audit.json"), result.out);
  for (const char* name :
       {"index.html", "exact-1.html", "no-face-1.html", "suspects.csv", "relabel.csv"})
    EXPECT_TRUE(fs::exists(folder_ / "audit" / name)) << name;
  const std::string drop = base::read_text(folder_ / "audit" / "drop.csv");
  for (const char* row : {"\n3\n", "\n5\n", "\n9\n", "\n20\n"})
    EXPECT_NE(drop.find(row), std::string::npos) << drop;
}

TEST_F(Audit, MistakesAreExplained) {
  base::write_file(folder_ / "fer2013.csv", fer2013_csv(synthetic_faces(1)));
  const std::string csv = folder_ / "fer2013.csv";
  EXPECT_EQ(mien({"data", "audit", csv}).exit_code, 2);
  EXPECT_EQ(mien({"data", "audit", "-o", folder_ / "a"}).exit_code, 2);
  EXPECT_EQ(mien({"data", "audit", folder_ / "missing.csv", "-o", folder_ / "a"}).exit_code, 1);
  base::write_file(folder_ / "short.npy", "no array");
  const ProcessResult bad =
      mien({"data", "audit", csv, "-o", folder_ / "a", "--predictions", folder_ / "short.npy"});
  EXPECT_EQ(bad.exit_code, 1);
  EXPECT_TRUE(mentions(bad.error, {"short.npy: ", "NumPy"}));
  EXPECT_FALSE(fs::exists(folder_ / "a" / "index.html"));
  datasets::write_float_table(folder_ / "few.npy", {7, std::vector<float>(7, 0.1F)});
  const std::size_t images = datasets::read_dataset(csv).size();
  datasets::write_float_table(folder_ / "wide.npy", {9, std::vector<float>(9 * images, 0.1F)});
  for (const auto& [name, message] :
       {std::pair{"few.npy", "few.npy: has 1 rows"}, {"wide.npy", "wide.npy: has 9 columns"}}) {
    const ProcessResult refused =
        mien({"data", "audit", csv, "-o", folder_ / "a", "--predictions", folder_ / name});
    EXPECT_EQ(refused.exit_code, 2);
    EXPECT_TRUE(mentions(refused.error, {message}));
  }
  // Votes are of FER2013's rows: they say nothing of other images.
  datasets::Dataset own = synthetic_faces(1);
  for (datasets::Sample& sample : own) sample.row = -1;
  datasets::write_packed(folder_ / "own.npy", own);
  base::write_file(folder_ / "votes.csv",
                   "Usage,Image "
                   "name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,"
                   "NF\nTraining,,1,2,3,0,0,0,0,0,0,4\n");
  const ProcessResult votes = mien({"data", "audit", folder_ / "own.npy", "-o", folder_ / "a",
                                    "--votes", folder_ / "votes.csv"});
  EXPECT_EQ(votes.exit_code, 2);
  EXPECT_TRUE(mentions(votes.error, {"votes.csv"}));
}

TEST(AuditHelp, HelpText) {
  const ProcessResult help = mien({"data", "audit", "--help"});
  EXPECT_EQ(help.exit_code, 0);
  expect_golden("help_data_audit.txt", help.out);
}

}  // namespace
}  // namespace mien::test
