#include "metrics/confusion.hpp"

#include <gtest/gtest.h>

#include "mien/error.hpp"

namespace mien::metrics {
namespace {

TEST(ConfusionMatrix, GivesTheQuotientsOfItsCounts) {
  // truth \ prediction   0  1  2
  //                 0    3  1  0   support 4
  //                 1    2  2  0   support 4
  //                 2    1  0  1   support 2
  // predicted            6  3  1
  const int counts[3][3] = {{3, 1, 0}, {2, 2, 0}, {1, 0, 1}};
  ConfusionMatrix matrix(3);
  for (int truth = 0; truth < 3; ++truth) {
    for (int guess = 0; guess < 3; ++guess) {
      for (int i = 0; i < counts[truth][guess]; ++i) matrix.add(truth, guess);
    }
  }
  EXPECT_EQ(matrix.total(), 10u);
  EXPECT_EQ(matrix.count(1, 0), 2u);
  EXPECT_EQ(matrix.support(0), 4u);
  EXPECT_EQ(matrix.predicted(0), 6u);
  EXPECT_DOUBLE_EQ(matrix.accuracy(), 6.0 / 10);
  EXPECT_DOUBLE_EQ(matrix.precision(0), 3.0 / 6);
  EXPECT_DOUBLE_EQ(matrix.recall(0), 3.0 / 4);
  // F1 = 2 hits / (support + predicted): 6 / 10, 4 / 7, 2 / 3
  EXPECT_DOUBLE_EQ(matrix.f1(0), 6.0 / 10);
  EXPECT_DOUBLE_EQ(matrix.f1(1), 4.0 / 7);
  EXPECT_DOUBLE_EQ(matrix.f1(2), 2.0 / 3);
  EXPECT_DOUBLE_EQ(matrix.macro_f1(), (0.6 + 4.0 / 7 + 2.0 / 3) / 3);
  EXPECT_DOUBLE_EQ(matrix.weighted_f1(), (4 * 0.6 + 4 * 4.0 / 7 + 2 * 2.0 / 3) / 10);
}

TEST(ConfusionMatrix, TakesUndefinedQuotientsAsZero) {
  ConfusionMatrix matrix(4);
  EXPECT_EQ(matrix.accuracy(), 0);
  EXPECT_EQ(matrix.macro_f1(), 0);
  EXPECT_EQ(matrix.weighted_f1(), 0);
  matrix.add(0, 0);
  matrix.add(0, 1);
  EXPECT_EQ(matrix.recall(1), 0);     // never true: 0 / 0
  EXPECT_EQ(matrix.precision(2), 0);  // never predicted: 0 / 0
  // Classes 2 and 3 do not occur at all and do not count: (2/3 + 0) / 2
  EXPECT_DOUBLE_EQ(matrix.macro_f1(), 1.0 / 3);
}

TEST(ConfusionMatrix, RefusesClassesThatItDoesNotHave) {
  ConfusionMatrix matrix(2);
  EXPECT_THROW(matrix.add(2, 0), Error);
  EXPECT_THROW(matrix.add(0, -1), Error);
  EXPECT_THROW(ConfusionMatrix(0), Error);
  EXPECT_EQ(matrix.total(), 0u);
}

}  // namespace
}  // namespace mien::metrics
