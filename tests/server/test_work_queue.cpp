#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>

#include "server/work_queue.hpp"

namespace mien::server {
namespace {

TEST(WorkQueue, RefusesBeyondItsCapacity) {
  std::latch busy(2), go(1), done(5);
  WorkQueue queue(2, 3);
  const auto task = [&] {
    go.wait();
    done.count_down();
  };
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(queue.push([&] {
      busy.count_down();
      task();
    }));
  }
  busy.wait();  // both workers have one
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(queue.push(task));
  EXPECT_EQ(queue.waiting(), 3U);
  EXPECT_FALSE(queue.push(task));
  go.count_down();
  done.wait();
  EXPECT_EQ(queue.waiting(), 0U);
}

TEST(WorkQueue, AcceptsAtLeastOneTaskPerWorker) {
  std::latch all(4), done(4);
  WorkQueue queue(4, 1);
  for (int i = 0; i < 4; ++i) {
    EXPECT_TRUE(queue.push([&] {
      all.arrive_and_wait();  // passes only if four run at once
      done.count_down();
    }));
  }
  done.wait();
}

TEST(WorkQueue, DropsStoppedTasks) {
  std::latch busy(1), go(1), done(1);
  std::atomic<int> ran = 0;
  WorkQueue queue(1, 2);
  EXPECT_TRUE(queue.push([&] {
    busy.count_down();
    go.wait();
  }));
  busy.wait();
  std::stop_source stop;
  const auto held = std::make_shared<int>(0);
  EXPECT_TRUE(queue.push([&, held] { ++ran; }, stop.get_token()));
  EXPECT_TRUE(queue.push([&] { done.count_down(); }));
  EXPECT_FALSE(queue.push([] {}));
  queue.drop_stopped();
  EXPECT_EQ(queue.waiting(), 2U) << "not stopped yet";
  stop.request_stop();
  queue.drop_stopped();
  EXPECT_EQ(queue.waiting(), 1U);
  EXPECT_EQ(held.use_count(), 1) << "its memory is free";
  go.count_down();
  done.wait();
  EXPECT_EQ(ran, 0);
}

TEST(WorkQueue, DropsWaitingTasksAtTheEnd) {
  std::atomic<int> ran = 0;
  {
    std::latch busy(1), go(1);
    WorkQueue queue(1, 1 << 20);
    EXPECT_TRUE(queue.push([&] {
      busy.count_down();
      go.wait();
      ++ran;
    }));
    busy.wait();
    std::jthread stopping([&] { queue.stop(); });
    while (queue.push([&] { ran += 10; }))
      std::this_thread::yield();  // refused once it is stopping
    go.count_down();
  }
  EXPECT_EQ(ran, 1);
}

}  // namespace
}  // namespace mien::server
