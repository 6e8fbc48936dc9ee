#include <gtest/gtest.h>

#include <cmath>

#include "explain/heat_map.hpp"

namespace mien::explain {
namespace {

TEST(HeatMap, InterpolatesBetweenCellCenters) {
  // Two columns 0 and 1, enlarged to four: the centers lie at 0.25 and 0.75 of the width.
  const HeatMap wide = resize({2, {0, 1, 0, 1}}, 4);
  EXPECT_EQ(wide.values, (std::vector<float>{0, 0.25F, 0.75F, 1, 0, 0.25F, 0.75F, 1, 0, 0.25F,
                                             0.75F, 1, 0, 0.25F, 0.75F, 1}));
}

TEST(HeatMap, BandsSharePositiveValues) {
  HeatMap map{20, std::vector<float>(400, 0)};
  for (int x = 0; x < 20; ++x) {
    map.values[static_cast<std::size_t>(4 * 20 + x)] = 1;    // eyes
    map.values[static_cast<std::size_t>(11 * 20 + x)] = -5;  // counts nothing
    map.values[static_cast<std::size_t>(16 * 20 + x)] = 3;   // mouth
  }
  const Bands parts = bands(map);
  EXPECT_NEAR(parts.eyes, 0.25, 0.01);
  EXPECT_NEAR(parts.nose, 0, 0.01);
  EXPECT_NEAR(parts.mouth, 0.75, 0.01);
  EXPECT_EQ(bands({2, {-1, -1, -1, -1}}).eyes, 0);
}

TEST(RankCorrelation, OrderReverseAndTies) {
  const std::vector<float> a = {1, 2, 3, 4};
  EXPECT_DOUBLE_EQ(rank_correlation(a, std::vector<float>{10, 20, 30, 1000}), 1);
  EXPECT_DOUBLE_EQ(rank_correlation(a, std::vector<float>{4, 3, 2, 1}), -1);
  EXPECT_DOUBLE_EQ(rank_correlation(a, std::vector<float>{5, 5, 5, 5}), 0);
  // Ranks 0.5 0.5 2.5 2.5 against 0 1 2 3: 4 / sqrt(4 * 5).
  EXPECT_NEAR(rank_correlation(a, std::vector<float>{1, 1, 2, 2}), 4 / std::sqrt(20.0), 1e-12);
}

TEST(StructuralSimilarity, IsOneForEqualMapsOfAnyScale) {
  HeatMap a{8, {}}, b{8, {}}, c{8, {}};
  for (int i = 0; i < 64; ++i) {
    a.values.push_back(static_cast<float>(i % 8));
    b.values.push_back(static_cast<float>(10 * (i % 8)));
    c.values.push_back(static_cast<float>(7 - i % 8));
  }
  EXPECT_NEAR(structural_similarity(a, b), 1, 1e-9);
  EXPECT_LT(structural_similarity(a, c), 0);
}

}  // namespace
}  // namespace mien::explain
