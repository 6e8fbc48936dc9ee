#include "datasets/subjects.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "data_support.hpp"
#include "mien/error.hpp"

namespace mien::datasets {
namespace {

using test::make_sample;

Sample picture_of(const std::string& person, Split split = Split::kTraining) {
  Sample sample = make_sample(1, 3, split);
  std::copy(person.begin(), person.end(), sample.subject.begin());
  return sample;
}

std::vector<Split> splits_of(const Dataset& dataset) {
  std::vector<Split> splits;
  for (const Sample& sample : dataset) splits.push_back(sample.split);
  return splits;
}

constexpr Split kTrain = Split::kTraining, kPublic = Split::kPublicTest,
                kPrivate = Split::kPrivateTest;

TEST(HoldOutSubjects, TakesEveryNthPersonInTheOrderOfTheNames) {
  // Sorted: KA KL KM KR MK; the 2nd and the 4th go, with all their pictures.
  Dataset dataset = {picture_of("MK"), picture_of("KR"), picture_of("KA"),         picture_of("KL"),
                     picture_of("KR"), picture_of("KM"), picture_of("KL", kPublic)};
  const HeldOutSubjects held = hold_out_subjects(dataset, 2);
  EXPECT_EQ(splits_of(dataset),
            (std::vector<Split>{kTrain, kPrivate, kTrain, kPrivate, kPrivate, kTrain, kPrivate}));
  EXPECT_EQ(held.persons, 5u);
  EXPECT_EQ(held.held_persons, 2u);
  EXPECT_EQ(held.pictures, 7u);
  EXPECT_EQ(held.held_pictures, 4u);
}

TEST(HoldOutSubjects, LeavesPicturesOfNobodyWhereTheyAre) {
  Dataset dataset = {picture_of(""), picture_of("S010"), picture_of("", kPublic),
                     picture_of("S011"), picture_of("S012", kPublic)};
  const HeldOutSubjects held = hold_out_subjects(dataset, 2);
  EXPECT_EQ(splits_of(dataset), (std::vector<Split>{kTrain, kTrain, kPublic, kPrivate, kPublic}));
  EXPECT_EQ(held.persons, 3u);
  EXPECT_EQ(held.pictures, 3u);
}

TEST(HoldOutSubjects, FewerPersonsThanNHoldNobodyOut) {
  Dataset dataset = {picture_of("KA"), picture_of("KL")};
  EXPECT_EQ(hold_out_subjects(dataset, 3).held_persons, 0u);
  EXPECT_EQ(splits_of(dataset), (std::vector<Split>{kTrain, kTrain}));
}

TEST(HoldOutSubjects, RefusesToHoldEverybodyOut) {
  Dataset dataset = {picture_of("KA")};
  for (const int every : {1, 0, -1})
    EXPECT_THROW(hold_out_subjects(dataset, every), Error) << every;
}

}  // namespace
}  // namespace mien::datasets
