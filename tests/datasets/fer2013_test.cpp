// Facts of the real FER2013 and FER+, when the optional data folder has them.
#include <gtest/gtest.h>

#include <optional>

#include "data_support.hpp"
#include "datasets/dataset.hpp"
#include "support.hpp"

namespace mien::datasets {
namespace {

class RealFer2013 : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { dataset_ = test::read_real_fer2013(); }
  static void TearDownTestSuite() { dataset_.reset(); }
  void SetUp() override {
    if (!dataset_) GTEST_SKIP() << "needs data/fer2013.csv.xz in the data folder, and xz";
  }
  static inline std::optional<Dataset> dataset_;
};

TEST_F(RealFer2013, HasTheOfficialCounts) {
  std::array<int, kSplitCount> splits{};
  std::array<int, kEmotionCount> training{};
  for (const Sample& sample : *dataset_) {
    ++splits[static_cast<std::size_t>(sample.split)];
    if (sample.split == Split::kTraining) ++training[static_cast<std::size_t>(sample.emotion)];
  }
  EXPECT_EQ(splits, (std::array<int, kSplitCount>{28709, 3589, 3589}));
  EXPECT_EQ(training[static_cast<std::size_t>(Emotion::kDisgust)], 436);
  EXPECT_EQ(training[static_cast<std::size_t>(Emotion::kFear)], 4097);
}

TEST_F(RealFer2013, HasTestImagesThatTrainingHasToo) {
  EXPECT_EQ(find_seen_in_training(*dataset_, Split::kPrivateTest).size(), 288u);
  EXPECT_EQ(count_seen_labels(*dataset_, Split::kPrivateTest), 279u);
  EXPECT_FALSE(find_leaked_training(*dataset_).empty());
}

TEST_F(RealFer2013, TakesTheVotesOfFerPlus) {
  const auto votes = test::shared_path("data/fer2013new.csv");
  if (!votes) GTEST_SKIP() << "needs data/fer2013new.csv in the data folder";
  attach_ferplus_votes(*dataset_, *votes);
  for (const Sample& sample : *dataset_) ASSERT_TRUE(sample.has_votes()) << "row " << sample.row;
}

}  // namespace
}  // namespace mien::datasets
