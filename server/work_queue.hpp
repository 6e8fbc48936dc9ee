#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

namespace mien::server {

/// A bounded queue of tasks for worker threads. Thread safe. The destructor stops it.
class WorkQueue {
 public:
  /// `capacity`: tasks that may wait while all workers are busy.
  WorkQueue(int workers, std::size_t capacity);
  WorkQueue(const WorkQueue&) = delete;
  WorkQueue& operator=(const WorkQueue&) = delete;
  ~WorkQueue();

  /// Waits for running tasks; waiting ones are dropped.
  void stop();

  /// False if the queue is full or stopped. The task must not throw.
  [[nodiscard]] bool push(std::function<void()> task, std::stop_token stop = {});
  /// Removes waiting tasks whose `stop` was requested.
  void drop_stopped();

  std::size_t waiting() const;
  std::size_t capacity() const { return capacity_; }
  int workers() const { return static_cast<int>(threads_.size()); }
  /// How long a task that is pushed now would wait, estimated from the previous ones.
  double expected_wait_seconds() const;

 private:
  struct Task {
    std::function<void()> run;
    std::stop_token stop;
  };

  void work();

  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Task> tasks_;
  std::size_t idle_;
  double mean_seconds_ = 0;  // of a task, over the last few dozen
  bool stop_ = false;
  std::vector<std::jthread> threads_;
};

}  // namespace mien::server
