#include "tracking/assignment.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

#include "error_code.hpp"

namespace mien::tracking {
namespace {

double total(const std::vector<double>& costs, int columns, const std::vector<int>& column_of) {
  double sum = 0;
  for (std::size_t row = 0; row < column_of.size(); ++row) {
    if (column_of[row] >= 0)
      sum +=
          costs[row * static_cast<std::size_t>(columns) + static_cast<std::size_t>(column_of[row])];
  }
  return sum;
}

/// The least sum by trying every order; rows <= columns.
double least_by_trying(const std::vector<double>& costs, int rows, int columns) {
  std::vector<int> order(static_cast<std::size_t>(columns));
  std::iota(order.begin(), order.end(), 0);
  double least = 1e300;
  do {
    least = std::min(least, total(costs, columns, {order.begin(), order.begin() + rows}));
  } while (std::next_permutation(order.begin(), order.end()));
  return least;
}

TEST(Assignment, BeatsGreedyMatching) {
  // Greedy takes 1 and is left with 100: 101 in all; the best is 2 + 3.
  EXPECT_EQ(min_cost_assignment(std::vector<double>{1, 2, 3, 100}, 2), (std::vector<int>{1, 0}));
}

TEST(Assignment, IsOptimal) {
  std::mt19937 random(1);
  std::uniform_real_distribution<double> uniform(-1, 1);
  for (int round = 0; round < 200; ++round) {
    const int rows = 1 + round % 5, columns = rows + round % 3;
    std::vector<double> costs(static_cast<std::size_t>(rows * columns));
    for (double& cost : costs)
      cost = round % 2 == 0 ? uniform(random) : std::round(3 * uniform(random));  // with ties
    const std::vector<int> wide = min_cost_assignment(costs, columns);
    EXPECT_NEAR(total(costs, columns, wide), least_by_trying(costs, rows, columns), 1e-9);

    std::vector<double> turned;
    for (int c = 0; c < columns; ++c) {
      for (int r = 0; r < rows; ++r)
        turned.push_back(costs[static_cast<std::size_t>(r * columns + c)]);
    }
    const std::vector<int> tall = min_cost_assignment(turned, rows);
    EXPECT_NEAR(total(turned, rows, tall), total(costs, columns, wide), 1e-9);
    EXPECT_EQ(std::ranges::count(tall, -1), columns - rows);
  }
}

TEST(Assignment, EmptyAndInvalidCosts) {
  EXPECT_TRUE(min_cost_assignment({}, 0).empty());
  EXPECT_TRUE(min_cost_assignment({}, 3).empty());
  EXPECT_EQ(test::code_of([] { min_cost_assignment(std::vector<double>{1, 2, 3}, 2); }),
            ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace mien::tracking
