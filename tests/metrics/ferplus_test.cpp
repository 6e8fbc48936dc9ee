#include "metrics/ferplus.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <sstream>

#include "base/file.hpp"
#include "mien/error.hpp"
#include "support.hpp"

namespace mien::metrics {
namespace {

// neutral, happiness, surprise, sadness, anger, disgust, fear, contempt, unknown, not a face
constexpr FerPlusVotes kSurprised = {1, 0, 6, 0, 0, 0, 3, 0, 0, 0};
constexpr FerPlusVotes kHalf = {0, 5, 3, 0, 0, 2, 0, 0, 0, 0};
constexpr FerPlusVotes kSlips = {4, 0, 0, 3, 1, 1, 1, 0, 0, 0};
constexpr FerPlusVotes kUnknown = {1, 0, 0, 0, 0, 0, 0, 3, 6, 0};
constexpr FerPlusVotes kNoFace = {0, 0, 0, 0, 0, 0, 0, 0, 0, 10};
constexpr FerPlusVotes kTied = {5, 0, 0, 5, 0, 0, 0, 0, 0, 0};
constexpr FerPlusVotes kContemptuous = {2, 0, 0, 0, 0, 0, 0, 8, 0, 0};

const std::vector<std::string> kSevenLabels = {"angry", "disgust",  "fear",   "happy",
                                               "sad",   "surprise", "neutral"};

TEST(FerPlusMajority, NeedsMoreThanHalfWithoutSlips) {
  EXPECT_EQ(ferplus_majority(kSurprised), Emotion::kSurprise);  // 6 of 6 + 3
  EXPECT_EQ(ferplus_majority(kHalf), std::nullopt);             // 5 of 10 is not more than half
  EXPECT_EQ(ferplus_majority(kSlips),
            Emotion::kNeutral);  // 4 of 4 + 3: the three single votes are left out
  EXPECT_EQ(ferplus_majority(kTied), std::nullopt);
  EXPECT_EQ(ferplus_majority(kContemptuous), Emotion::kContempt);
}

TEST(FerPlusMajority, DropsUnknownAndNotAFace) {
  EXPECT_EQ(ferplus_majority(kUnknown), std::nullopt);
  EXPECT_EQ(ferplus_majority(kNoFace), std::nullopt);
  EXPECT_EQ(ferplus_majority({}), std::nullopt);
}

TEST(FerPlusCounts, KnowNonFacesAndTies) {
  EXPECT_TRUE(is_ferplus_non_face(kNoFace));
  EXPECT_FALSE(is_ferplus_non_face(kUnknown));
  EXPECT_FALSE(is_ferplus_non_face({}));
  EXPECT_TRUE(is_ferplus_tie(kTied));
  EXPECT_FALSE(is_ferplus_tie(kHalf));
  EXPECT_FALSE(is_ferplus_tie({}));
}

TEST(FerPlusReport, ScoresASevenClassNetwork) {
  // One row says surprise, one neutral, one is of no face, one says neutral of a contemptuous
  // image.
  const std::vector<float> probabilities = {0, 0, 0.25f, 0,    0,    0.75f, 0,     //
                                            0, 0, 0,     0,    0.2f, 0,     0.8f,  //
                                            1, 0, 0,     0,    0,    0,     0,     //
                                            0, 0, 0,     0.5f, 0,    0,     0.5f};
  const std::vector<FerPlusVotes> votes = {
      {0, 0, 8, 0, 0, 0, 2, 0, 0, 0}, kTied, kNoFace, kContemptuous};
  const FerPlusReport report = ferplus_report(probabilities, kSevenLabels, votes);
  EXPECT_EQ(report.count, 4u);
  EXPECT_EQ(report.non_face, 1u);
  EXPECT_EQ(report.tied, 1u);
  EXPECT_FALSE(report.knows_contempt);
  // Surprise and contempt have majorities; the first is right.
  EXPECT_EQ(report.majority.count, 2u);
  EXPECT_DOUBLE_EQ(report.majority.accuracy.value, 0.5);
  EXPECT_EQ(report.majority.per_class[7].name, "contempt");
  EXPECT_EQ(report.majority.per_class[7].support, 1u);
  EXPECT_EQ(report.majority.per_class[7].recall.value, 0);
  // Against the votes: 2 of 10 for contempt's image name an emotion that the network knows, which
  // is too few; two remain.
  //   surprise 0.8, fear 0.2:   -0.8 log 0.75 - 0.2 log 0.25 = 0.50741;   0.05^2 + 0.05^2 = 0.005
  //   neutral 0.5, sad 0.5:     -0.5 log 0.8 - 0.5 log 0.2 = 0.91629;     0.3^2 + 0.3^2 = 0.18
  EXPECT_EQ(report.distribution_count, 2u);
  EXPECT_NEAR(report.distribution_log_loss, (0.50741 + 0.91629) / 2, 1e-5);
  EXPECT_NEAR(report.distribution_brier, (0.005 + 0.18) / 2, 1e-6);
  EXPECT_NE(to_text(report).find("no output for contempt"), std::string::npos);
  EXPECT_EQ(to_json(report)["knows_contempt"], false);
}

TEST(FerPlusReport, FollowsTheOrderOfTheLabels) {
  const std::vector<std::string> labels = {"neutral", "happiness", "surprise", "sadness",
                                           "anger",   "disgust",   "fear",     "contempt"};
  const std::vector<float> probabilities = {0, 0, 0, 0, 0, 0, 0, 1};
  const FerPlusReport report = ferplus_report(probabilities, labels, std::vector{kContemptuous});
  EXPECT_TRUE(report.knows_contempt);
  EXPECT_EQ(report.majority.accuracy.value, 1);
  // neutral 0.2 and contempt 0.8 against 0 and 1: 0.2 * -log(1e-7), 0.2^2 + 0.2^2
  EXPECT_NEAR(report.distribution_log_loss, 0.2 * 16.118096, 1e-5);
  EXPECT_NEAR(report.distribution_brier, 0.08, 1e-6);
}

TEST(FerPlusReport, RefusesWhatDoesNotFit) {
  const std::vector<float> row(7, 1.0f / 7);
  const std::vector<FerPlusVotes> votes = {kSurprised};
  std::vector<std::string> labels = kSevenLabels;
  EXPECT_THROW(ferplus_report(row, labels, std::vector{kSurprised, kSurprised}), Error);
  EXPECT_THROW(ferplus_report(row, labels, std::vector{kNoFace}), Error);  // nothing is kept
  labels[0] = "sad";
  EXPECT_THROW(ferplus_report(row, labels, votes), Error);
  labels[0] = "bored";
  EXPECT_THROW(ferplus_report(row, labels, votes), Error);
  EXPECT_THROW(ferplus_report({}, {}, votes), Error);
}

TEST(FerPlusVotesFile, KeepsTheOfficialNumberOfPrivateTestImages) {
  const auto path = test::shared_path("data/fer2013new.csv");
  if (!path) GTEST_SKIP() << "needs data/fer2013new.csv in the data folder";
  std::istringstream lines(base::read_text(*path));
  int kept = 0;
  int non_face = 0;
  int tied = 0;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("PrivateTest,")) continue;
    std::istringstream fields(line.substr(line.find(',', line.find(',') + 1) + 1));
    FerPlusVotes votes{};
    std::string field;
    for (std::uint8_t& vote : votes) {
      ASSERT_TRUE(std::getline(fields, field, ','));
      vote = static_cast<std::uint8_t>(std::stoi(field));
    }
    kept += ferplus_majority(votes).has_value() ? 1 : 0;
    non_face += is_ferplus_non_face(votes) ? 1 : 0;
    tied += is_ferplus_tie(votes) ? 1 : 0;
  }
  EXPECT_EQ(kept, 3153);
  EXPECT_EQ(non_face, 16);
  EXPECT_EQ(tied, 170);
}

}  // namespace
}  // namespace mien::metrics
