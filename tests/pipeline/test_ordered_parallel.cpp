#include "pipeline/ordered_parallel.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <numeric>
#include <stdexcept>

namespace mien::pipeline {
namespace {

/// Early items take longest, so that the workers finish out of order.
int slow_square(std::size_t i) {
  std::this_thread::sleep_for(std::chrono::microseconds(i % 7 == 0 ? 2000 : 50));
  return static_cast<int>(i * i);
}

TEST(OrderedParallel, ResultsComeInOrder) {
  for (const int workers : {1, 2, 7}) {
    std::vector<std::size_t> order;
    ordered_parallel(100, workers, slow_square, [&](std::size_t i, int square) {
      EXPECT_EQ(square, static_cast<int>(i * i));
      order.push_back(i);
      return true;
    });
    std::vector<std::size_t> expected(100);
    std::iota(expected.begin(), expected.end(), 0);
    EXPECT_EQ(order, expected) << workers << " workers";
  }
}

TEST(OrderedParallel, TakesOnTheCallingThread) {
  const auto caller = std::this_thread::get_id();
  ordered_parallel(10, 3, slow_square, [&](std::size_t, int) {
    EXPECT_EQ(std::this_thread::get_id(), caller);
    return true;
  });
}

TEST(OrderedParallel, NothingToDo) {
  ordered_parallel(0, 4, slow_square, [](std::size_t, int) -> bool {
    ADD_FAILURE();
    return true;
  });
}

TEST(OrderedParallel, MovesMoveOnlyResults) {
  int sum = 0;
  ordered_parallel(
      5, 2, [](std::size_t i) { return std::make_unique<int>(static_cast<int>(i)); },
      [&](std::size_t, std::unique_ptr<int> value) { return sum += *value, true; });
  EXPECT_EQ(sum, 10);
}

TEST(OrderedParallel, StopsEarly) {
  std::atomic<std::size_t> made = 0;
  std::size_t taken = 0;
  ordered_parallel(
      100000, 2, [&](std::size_t i) { return ++made, i; },
      [&](std::size_t i, std::size_t) {
        ++taken;
        return i < 4;
      });
  EXPECT_EQ(taken, 5U);
  EXPECT_LE(made, 5U + 8U);  // at most four a worker wait
}

TEST(OrderedParallel, WaitsForASlowTake) {
  std::atomic<std::size_t> made = 0;
  ordered_parallel(
      50, 2, [&](std::size_t i) { return ++made, i; },
      [&](std::size_t i, std::size_t) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        EXPECT_LE(made, i + 1 + 8);
        return true;
      });
  EXPECT_EQ(made, 50U);
}

TEST(OrderedParallel, ForwardsExceptionsOfMake) {
  std::size_t taken = 0;
  EXPECT_THROW(ordered_parallel(
                   100000, 3,
                   [](std::size_t i) {
                     if (i == 20) throw std::runtime_error("make");
                     return i;
                   },
                   [&](std::size_t, std::size_t) { return ++taken, true; }),
               std::runtime_error);
  EXPECT_LE(taken, 20U);
}

TEST(OrderedParallel, ForwardsExceptionsOfTake) {
  std::size_t last = 0;
  EXPECT_THROW(ordered_parallel(100000, 3, slow_square,
                                [&](std::size_t i, int) -> bool {
                                  last = i;
                                  if (i == 9) throw std::logic_error("take");
                                  return true;
                                }),
               std::logic_error);
  EXPECT_EQ(last, 9U);
}

}  // namespace
}  // namespace mien::pipeline
