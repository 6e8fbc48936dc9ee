#include "datasets/subjects.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "data_support.hpp"
#include "mien/error.hpp"

namespace mien::datasets {
namespace {

using test::make_sample;

Sample image_of(const std::string& person, Split split = Split::kTraining) {
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
  // Sorted: KA KL KM KR MK; the 2nd and the 4th go, with all their images.
  Dataset dataset = {image_of("MK"), image_of("KR"), image_of("KA"),         image_of("KL"),
                     image_of("KR"), image_of("KM"), image_of("KL", kPublic)};
  const HeldOutSubjects held = hold_out_subjects(dataset, 2);
  EXPECT_EQ(splits_of(dataset),
            (std::vector<Split>{kTrain, kPrivate, kTrain, kPrivate, kPrivate, kTrain, kPrivate}));
  EXPECT_EQ(held.subjects, 5u);
  EXPECT_EQ(held.held_subjects, 2u);
  EXPECT_EQ(held.images, 7u);
  EXPECT_EQ(held.held_images, 4u);
}

TEST(HoldOutSubjects, LeavesImagesOfNobodyWhereTheyAre) {
  Dataset dataset = {image_of(""), image_of("S010"), image_of("", kPublic), image_of("S011"),
                     image_of("S012", kPublic)};
  const HeldOutSubjects held = hold_out_subjects(dataset, 2);
  EXPECT_EQ(splits_of(dataset), (std::vector<Split>{kTrain, kTrain, kPublic, kPrivate, kPublic}));
  EXPECT_EQ(held.subjects, 3u);
  EXPECT_EQ(held.images, 3u);
}

TEST(HoldOutSubjects, FewerPersonsThanNHoldNobodyOut) {
  Dataset dataset = {image_of("KA"), image_of("KL")};
  EXPECT_EQ(hold_out_subjects(dataset, 3).held_subjects, 0u);
  EXPECT_EQ(splits_of(dataset), (std::vector<Split>{kTrain, kTrain}));
}

TEST(HoldOutSubjects, RefusesToHoldEverybodyOut) {
  Dataset dataset = {image_of("KA")};
  for (const int every : {1, 0, -1})
    EXPECT_THROW(hold_out_subjects(dataset, every), Error) << every;
}

}  // namespace
}  // namespace mien::datasets
