#include "audit/duplicates.hpp"

#include <gtest/gtest.h>

#include "audit/flatness.hpp"
#include "audit/perceptual_hash.hpp"
#include "error_code.hpp"
#include "images.hpp"

namespace mien::audit {
namespace {

using test::waves;

TEST(PerceptualHash, StaysWithBrightnessAndTurnsWithMirrors) {
  for (unsigned seed = 1; seed < 6; ++seed) {
    const datasets::Sample image = waves(seed);
    const std::uint64_t hash = perceptual_hash(image.pixels);
    EXPECT_LE(hash_distance(hash, perceptual_hash(test::faded(image).pixels)), 3);
    EXPECT_LE(hash_distance(hash, perceptual_hash(test::shifted(image, 1).pixels)), 16);
    EXPECT_LE(hash_distance(mirrored(hash), perceptual_hash(test::mirror_image(image).pixels)), 1);
    EXPECT_GT(hash_distance(hash, perceptual_hash(waves(seed + 100).pixels)), 16);
  }
}

TEST(Flatness, OfPhotosDrawingsAndBlanks) {
  EXPECT_LT(flatness(waves(1).pixels), 0.1F);
  EXPECT_GT(flatness(test::drawing(1).pixels), 0.9F);
  datasets::Sample blank;
  blank.pixels.fill(3);
  EXPECT_EQ(flatness(blank.pixels), 1.0F);
  // Half 10, a quarter 12, a quarter 200: 10 and 12 are near each other.
  datasets::Sample mixed;
  for (std::size_t i = 0; i < mixed.pixels.size(); ++i)
    mixed.pixels[i] = i % 4 < 2 ? 10 : i % 4 == 2 ? 12 : 200;
  EXPECT_FLOAT_EQ(flatness(mixed.pixels), 0.75F);
}

TEST(FindDuplicates, FindsEqualFadedMirroredAndMovedImagesAndNoOthers) {
  datasets::Dataset dataset;
  for (unsigned seed = 0; seed < 40; ++seed) dataset.push_back(waves(seed));
  dataset.push_back(dataset[3]);                      // 40
  dataset.push_back(test::faded(dataset[5]));         // 41
  dataset.push_back(test::mirror_image(dataset[7]));  // 42
  dataset.push_back(test::shifted(dataset[9], 2));    // 43
  const std::vector<DuplicatePair> pairs = find_duplicates(dataset, {}, {.max_hash_distance = 24});
  ASSERT_EQ(pairs.size(), 4U);
  EXPECT_TRUE(pairs[0].exact && pairs[0].a == 3 && pairs[0].b == 40);
  EXPECT_TRUE(!pairs[1].exact && pairs[1].a == 5 && pairs[1].b == 41);
  EXPECT_GT(pairs[1].correlation, 0.99F);
  EXPECT_TRUE(pairs[2].mirrored && pairs[2].a == 7 && pairs[2].b == 42);
  EXPECT_TRUE(!pairs[3].mirrored && pairs[3].a == 9 && pairs[3].b == 43);
}

TEST(FindDuplicates, FeaturesFindWhatHashesDoNot) {
  datasets::Dataset dataset;
  for (unsigned seed = 0; seed < 100; ++seed) dataset.push_back(waves(seed));
  dataset.push_back(test::shifted(dataset[20], 4));
  // Features under which image 20 and its copy are each other's nearest.
  datasets::FloatTable features{2, {}};
  for (unsigned i = 0; i < 101; ++i) {
    const double angle = i == 100 ? 20.4 : i;
    features.values.push_back(static_cast<float>(std::cos(angle / 100)));
    features.values.push_back(static_cast<float>(std::sin(angle / 100)));
  }
  EXPECT_TRUE(find_duplicates(dataset, {}, {.max_hash_distance = 2}).empty());
  const std::vector<DuplicatePair> pairs =
      find_duplicates(dataset, features, {.max_hash_distance = 2, .neighbors = 1});
  ASSERT_EQ(pairs.size(), 1U);
  EXPECT_EQ(pairs[0].a, 20U);
  EXPECT_EQ(pairs[0].b, 100U);
  EXPECT_NEAR(pairs[0].similarity, std::cos(0.004), 1e-5);
}

TEST(FindDuplicates, CanBeStopped) {
  const datasets::Dataset dataset = {waves(1), waves(2)};
  EXPECT_EQ(test::code_of([&] {
              find_duplicates(dataset, {}, {}, [](std::size_t, std::size_t) {
                throw Error(ErrorCode::kInterrupted, "stop");
              });
            }),
            ErrorCode::kInterrupted);
}

TEST(FindDuplicates, FeaturesOfAnotherSetAreRefused) {
  EXPECT_EQ(
      test::code_of([] { find_duplicates(datasets::Dataset(3), {2, std::vector<float>(4)}); }),
      ErrorCode::kInvalidArgument);
}

TEST(GroupDuplicates, JoinsWhatIsConnected) {
  const std::vector<DuplicatePair> pairs = {{.a = 1, .b = 4, .exact = true},
                                            {.a = 4, .b = 7, .correlation = 0.95F},
                                            {.a = 2, .b = 3, .exact = true}};
  const std::vector<DuplicateGroup> groups = group_duplicates(pairs, 9);
  ASSERT_EQ(groups.size(), 2U);
  EXPECT_EQ(groups[0].members, (std::vector<std::size_t>{1, 4, 7}));
  EXPECT_FALSE(groups[0].exact);
  EXPECT_EQ(groups[0].weakest, 0.95F);
  EXPECT_EQ(groups[1].members, (std::vector<std::size_t>{2, 3}));
  EXPECT_TRUE(groups[1].exact);
}

}  // namespace
}  // namespace mien::audit
