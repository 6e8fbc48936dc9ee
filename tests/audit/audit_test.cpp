#include "audit/audit.hpp"

#include <gtest/gtest.h>

#include "audit/sheets.hpp"
#include "audit/vote_check.hpp"
#include "base/file.hpp"
#include "images.hpp"
#include "support.hpp"

namespace mien::audit {
namespace {

using test::waves;

constexpr int kImages = 30;

/// 30 images of their own in Training, all happy, and what each test adds; rows count on.
class AuditTest : public testing::Test {
 protected:
  AuditTest() {
    for (unsigned i = 0; i < kImages; ++i) dataset_.push_back(waves(i));
  }
  void add(datasets::Sample sample, Emotion emotion,
           datasets::Split split = datasets::Split::kTraining) {
    sample.emotion = static_cast<std::int8_t>(emotion);
    sample.split = split;
    sample.row = static_cast<std::int32_t>(dataset_.size());
    dataset_.push_back(sample);
  }
  AuditResult run() const { return audit(dataset_, {}, {}); }
  datasets::Dataset dataset_;
};

TEST_F(AuditTest, OfEqualTrainingImagesOneStays) {
  add(dataset_[4], Emotion::kHappy);
  add(dataset_[4], Emotion::kSad);
  const AuditResult result = run();
  ASSERT_EQ(result.exact.size(), 1U);
  EXPECT_EQ(result.contradicting, 1U);
  EXPECT_EQ(result.across_splits, 0U);
  EXPECT_EQ(result.edits.drop, (std::set<std::int32_t>{30, 31}));
  EXPECT_EQ(suspects_csv(result, dataset_),
            "row,split,label,reason,score,suggestion\n30,Training,happy,exact duplicate of "
            "4,1.0000,drop\n31,Training,sad,exact duplicate of 4,1.0000,drop\n");
}

TEST_F(AuditTest, WhereLabelsAreTiedNoneStays) {
  add(dataset_[4], Emotion::kSad);
  EXPECT_EQ(run().edits.drop, (std::set<std::int32_t>{4, 30}));
}

TEST_F(AuditTest, TrainingImagesThatRepeatATestImageGo) {
  add(dataset_[2], Emotion::kHappy, datasets::Split::kPrivateTest);
  add(test::faded(dataset_[9]), Emotion::kHappy, datasets::Split::kPublicTest);
  const AuditResult result = run();
  EXPECT_EQ(result.across_splits, 2U);
  ASSERT_EQ(result.near.size(), 1U);
  EXPECT_EQ(result.edits.drop, (std::set<std::int32_t>{2, 9}));
}

TEST_F(AuditTest, DrawingsOfTheTestsAreLookedAtAndNotDropped) {
  add(test::drawing(40), Emotion::kAngry);
  add(test::drawing(47), Emotion::kAngry, datasets::Split::kPublicTest);
  const AuditResult result = run();
  std::size_t found = 0;
  for (const Suspect& suspect : result.suspects) {
    if (suspect.reason != Reason::kNoFace) continue;
    ++found;
    EXPECT_EQ(suspect.suggestion, suspect.index == 30 ? "drop" : "look");
  }
  EXPECT_EQ(found, 2U);
  EXPECT_TRUE(result.edits.drop.contains(30));
  EXPECT_FALSE(result.edits.drop.contains(31));
}

/// Predictions that are sure of class 3 (happy) but for two images, of which they are sure that
/// they are 4 (sad).
datasets::FloatTable predictions(std::size_t images) {
  datasets::FloatTable table{7, std::vector<float>(images * 7, 0.01F)};
  for (std::size_t i = 0; i < images; ++i)
    table.values[i * 7 + (i == 10 || i == 30 ? 4 : 3)] = 0.94F;
  return table;
}

TEST_F(AuditTest, WrongLabelsOfTrainingImagesAreReplaced) {
  add(waves(99), Emotion::kHappy, datasets::Split::kPrivateTest);
  for (unsigned i = 0; i < 3; ++i)
    add(waves(200 + i), Emotion::kSad);  // so that sad is a class, if one of doubt
  const AuditResult result = audit(dataset_, {}, predictions(dataset_.size()));
  ASSERT_TRUE(result.labels);
  EXPECT_EQ(result.edits.relabel, (std::map<std::int32_t, Emotion>{{10, Emotion::kSad},
                                                                   {31, Emotion::kHappy},
                                                                   {32, Emotion::kHappy},
                                                                   {33, Emotion::kHappy}}));
  EXPECT_NE(suspects_csv(result, dataset_).find("30,PrivateTest,happy,wrong label,0.9300,look sad"),
            std::string::npos)
      << suspects_csv(result, dataset_);
}

TEST_F(AuditTest, ListsAreReadAsTheyAreWritten) {
  datasets::DataEdits edits;
  edits.drop = {3, 17};
  edits.relabel = {{5, Emotion::kFear}};
  const test::TemporaryDir folder;
  base::write_file(folder / "drop.csv", drop_csv(edits));
  base::write_file(folder / "relabel.csv", relabel_csv(edits));
  datasets::DataEdits read;
  datasets::read_drop_list(read, folder / "drop.csv");
  datasets::read_relabel_list(read, folder / "relabel.csv");
  EXPECT_EQ(read.drop, edits.drop);
  EXPECT_EQ(read.relabel, edits.relabel);
}

TEST_F(AuditTest, VotersAreAskedWhetherTheyAgree) {
  add(test::drawing(40), Emotion::kAngry);
  add(waves(200), Emotion::kSad);
  for (datasets::Sample& sample : dataset_)
    sample.votes[static_cast<std::size_t>(datasets::Vote::kHappiness)] = 10;
  for (const std::size_t sad : {10U, 31U}) {
    dataset_[sad].votes = {};
    dataset_[sad].votes[static_cast<std::size_t>(datasets::Vote::kSadness)] = 8;
  }
  dataset_[30].votes = {};
  dataset_[30].votes[static_cast<std::size_t>(datasets::Vote::kNotAFace)] = 10;
  datasets::FloatTable table = predictions(dataset_.size());
  std::swap(table.values[31 * 7 + 3], table.values[31 * 7 + 4]);
  const AuditResult result = audit(dataset_, {}, table);
  EXPECT_EQ(check_no_faces(result, dataset_).area, 1);  // the drawing is the flattest
  EXPECT_EQ(check_flat_from(result, dataset_, 0.5F).precision, 1);
  // Of the 31 images with a majority, one is wrong, and it is the one most doubted.
  const auto labels = check_labels(result, dataset_);
  ASSERT_TRUE(labels);
  EXPECT_EQ(labels->doubts.images, 31U);
  EXPECT_EQ(labels->doubts.positives, 1U);
  EXPECT_EQ(labels->doubts.area, 1);
  EXPECT_EQ(labels->issues, 1U);
  EXPECT_EQ(labels->suggestion, 1);
  EXPECT_EQ(labels->relabelled, 1U);
}

TEST_F(AuditTest, PagesHoldTheirImagesAndLinks) {
  for (unsigned i = 0; i < 320; ++i) add(test::drawing(i), Emotion::kAngry);
  const AuditResult result = run();
  const std::vector<Page> pages = contact_sheets(result, dataset_, "<set>");
  ASSERT_GE(pages.size(), 3U);
  EXPECT_EQ(pages[0].name, "index.html");
  EXPECT_NE(pages[0].html.find("Audit of &lt;set&gt;"), std::string::npos);
  const auto second = std::find_if(pages.begin(), pages.end(),
                                   [](const Page& page) { return page.name == "no-face-2.html"; });
  ASSERT_NE(second, pages.end());
  EXPECT_NE(second->html.find("data:image/png;base64,"), std::string::npos);
  EXPECT_NE(second->html.find("301 to 320 of 320"), std::string::npos);
  EXPECT_EQ(second->html.find("http"), std::string::npos);  // nothing from elsewhere
}

}  // namespace
}  // namespace mien::audit
