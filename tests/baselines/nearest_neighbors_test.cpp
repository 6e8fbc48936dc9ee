#include "baselines/nearest_neighbors.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <stdexcept>

#include "mien/error.hpp"

namespace mien::baselines {
namespace {

constexpr Metric kMetrics[] = {Metric::kL1, Metric::kL2, Metric::kCosine};

/// Small whole numbers: sums have no rounding, and many rows are equally near.
FeatureTable random_table(std::size_t rows, std::size_t columns, unsigned seed) {
  std::mt19937 random(seed);
  FeatureTable table(rows, columns);
  for (std::size_t i = 0; i < rows; ++i) {
    for (float& value : table.row(i))
      value = static_cast<float>(static_cast<int>(random() % 7) - 3);
  }
  return table;
}

double plain_distance(std::span<const float> a, std::span<const float> b, Metric metric) {
  double l1 = 0, l2 = 0, ab = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    l1 += std::abs(a[i] - b[i]);
    l2 += std::pow(a[i] - b[i], 2);
    ab += a[i] * b[i], aa += a[i] * a[i], bb += b[i] * b[i];
  }
  if (metric == Metric::kCosine) return aa * bb > 0 ? 1 - ab / std::sqrt(aa * bb) : 1;
  return metric == Metric::kL1 ? l1 : std::sqrt(l2);
}

/// All rows, sorted.
std::vector<Neighbor> plain_order(std::span<const float> query, const FeatureTable& table,
                                  Metric metric) {
  std::vector<Neighbor> order;
  for (std::size_t r = 0; r < table.rows(); ++r)
    order.push_back(
        {static_cast<float>(plain_distance(query, table.row(r), metric)), static_cast<int>(r)});
  std::stable_sort(order.begin(), order.end(),
                   [](const Neighbor& a, const Neighbor& b) { return a.distance < b.distance; });
  return order;
}

TEST(NearestNeighbors, AreThoseOfAPlainLoop) {
  struct Shape {
    std::size_t queries, rows, columns, k;
  };
  for (const Shape& s : {Shape{1, 1, 1, 1}, Shape{1, 5, 3, 5}, Shape{3, 17, 16, 4},
                         Shape{64, 16, 17, 16}, Shape{65, 33, 100, 7}, Shape{131, 130, 31, 51}}) {
    const FeatureTable queries = random_table(s.queries, s.columns, 1),
                       table = random_table(s.rows, s.columns, 2);
    for (const Metric metric : kMetrics) {
      const Neighbors found = nearest_neighbors(queries, table, metric, s.k, 1);
      ASSERT_EQ(found.found.size(), s.queries * s.k);
      for (std::size_t q = 0; q < s.queries; ++q) {
        const std::vector<Neighbor> order = plain_order(queries.row(q), table, metric);
        for (std::size_t i = 0; i < s.k; ++i) {
          const Neighbor& neighbor = found.of(q)[i];
          ASSERT_NEAR(neighbor.distance, order[i].distance, 1e-5)
              << to_string(metric) << ", query " << q << ", neighbor " << i;
          ASSERT_NEAR(neighbor.distance,
                      plain_distance(queries.row(q),
                                     table.row(static_cast<std::size_t>(neighbor.row)), metric),
                      1e-5);
          // The cosine's rounding may part equally near ones.
          ASSERT_TRUE(metric == Metric::kCosine || neighbor.row == order[i].row)
              << to_string(metric) << ", query " << q << ", neighbor " << i;
        }
      }
    }
  }
}

TEST(NearestNeighbors, OfEqualRowsTheEarlierComesFirst) {
  std::mt19937 random(3);
  std::uniform_real_distribution<float> value(-1, 1);
  FeatureTable table(40, 23), queries(5, 23);
  for (float& v : table.row(0)) v = value(random);
  for (std::size_t i = 1; i < table.rows(); ++i)
    std::copy(table.row(0).begin(), table.row(0).end(), table.row(i).begin());
  for (std::size_t q = 0; q < queries.rows(); ++q) {
    for (float& v : queries.row(q)) v = value(random);
  }
  for (const Metric metric : kMetrics) {
    const Neighbors found = nearest_neighbors(queries, table, metric, 19, 1);
    for (std::size_t q = 0; q < queries.rows(); ++q) {
      for (int i = 0; i < 19; ++i)
        ASSERT_EQ(found.of(q)[static_cast<std::size_t>(i)].row, i) << to_string(metric);
    }
  }
}

TEST(NearestNeighbors, ByHand) {
  FeatureTable table(3, 2), query(1, 2);
  const float rows[3][2] = {
      {3, 4}, {0, 6}, {5, 0}};  // from (0, 1): l1 6 5 6, l2 √18 5 √26, cosine 1 - 4/5, 0, 1
  for (std::size_t i = 0; i < 3; ++i) std::copy_n(rows[i], 2, table.row(i).begin());
  query.row(0)[1] = 1;
  const auto rows_by = [&](Metric metric) {
    std::vector<int> order;
    for (const Neighbor& n : nearest_neighbors(query, table, metric, 3, 1).found)
      order.push_back(n.row);
    return order;
  };
  EXPECT_EQ(rows_by(Metric::kL1), (std::vector<int>{1, 0, 2}));
  EXPECT_EQ(rows_by(Metric::kL2), (std::vector<int>{0, 1, 2}));
  EXPECT_EQ(rows_by(Metric::kCosine), (std::vector<int>{1, 0, 2}));
  EXPECT_FLOAT_EQ(nearest_neighbors(query, table, Metric::kCosine, 2, 1).of(0)[1].distance, 0.2F);
  EXPECT_FLOAT_EQ(
      nearest_neighbors(FeatureTable(1, 2), table, Metric::kCosine, 1, 1).of(0)[0].distance,
      1);  // a query of zeros
}

TEST(NearestNeighbors, DoNotDependOnTheThreads) {
  const FeatureTable queries = random_table(300, 40, 1), table = random_table(90, 40, 2);
  for (const Metric metric : kMetrics) {
    const Neighbors one = nearest_neighbors(queries, table, metric, 9, 1),
                    three = nearest_neighbors(queries, table, metric, 9, 3);
    for (std::size_t i = 0; i < one.found.size(); ++i) {
      ASSERT_EQ(one.found[i].row, three.found[i].row);
      ASSERT_EQ(one.found[i].distance, three.found[i].distance);
    }
  }
}

TEST(NearestNeighbors, CanBeStopped) {
  const FeatureTable queries = random_table(300, 4, 1);
  int calls = 0;
  const auto stop = [&](std::size_t done, std::size_t total) {
    EXPECT_EQ(total, 300U);
    EXPECT_LT(done, total);
    if (++calls == 2) throw std::runtime_error("enough");
  };
  EXPECT_THROW(nearest_neighbors(queries, queries, Metric::kL1, 1, 1, stop), std::runtime_error);
  EXPECT_EQ(calls, 2);
}

TEST(NearestNeighbors, RefuseWhatDoesNotFit) {
  EXPECT_THROW(nearest_neighbors(FeatureTable(1, 3), FeatureTable(5, 4), Metric::kL1, 1, 1), Error);
  for (const std::size_t k : {0U, 6U})
    EXPECT_THROW(nearest_neighbors(FeatureTable(1, 3), FeatureTable(5, 3), Metric::kL1, k, 1),
                 Error)
        << k;
  EXPECT_THROW(metric_from_string("l3"), Error);
  for (const Metric metric : kMetrics) EXPECT_EQ(metric_from_string(to_string(metric)), metric);
}

TEST(Vote, GivesTheShares) {
  const int labels[] = {2, 0, 2, 1, 2};
  const Neighbor nearest[] = {{0.1F, 4}, {0.2F, 1}, {0.3F, 0}, {0.4F, 3}};  // classes 2 0 2 1
  const std::vector<float> shares = vote(nearest, labels, 4);
  ASSERT_EQ(shares.size(), 4U);
  EXPECT_NEAR(shares[0], 0.25, 1e-3);
  EXPECT_NEAR(shares[1], 0.25, 1e-3);
  EXPECT_NEAR(shares[2], 0.5, 1e-3);
  EXPECT_EQ(shares[3], 0);
  EXPECT_NEAR(shares[0] + shares[1] + shares[2], 1, 1e-6);
}

TEST(Vote, TheNearestBreaksTies) {
  const int labels[] = {0, 1, 2};
  // One vote of class 2, the nearest, two each of 1 and 0: class 1 has the nearer one.
  const Neighbor nearest[] = {{0.1F, 2}, {0.2F, 1}, {0.3F, 0}, {0.4F, 0}, {0.5F, 1}};
  const std::vector<float> shares = vote(nearest, labels, 3);
  EXPECT_GT(shares[1], shares[0]);
  EXPECT_GT(shares[0], shares[2]);
  EXPECT_NEAR(shares[1], shares[0], 1e-3);
}

}  // namespace
}  // namespace mien::baselines
