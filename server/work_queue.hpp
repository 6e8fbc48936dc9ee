#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace mien::server {

/// A bounded queue of tasks in front of worker threads. Thread safe. The destructor stops it.
class WorkQueue {
 public:
  /// `capacity`: tasks that may wait while all workers are busy.
  WorkQueue(int workers, std::size_t capacity);
  WorkQueue(const WorkQueue&) = delete;
  WorkQueue& operator=(const WorkQueue&) = delete;
  ~WorkQueue();

  /// Waits for the tasks that run; those that wait never do.
  void stop();

  /// False where the queue is full or stopped. The task must not throw.
  [[nodiscard]] bool push(std::function<void()> task);

  std::size_t waiting() const;
  std::size_t capacity() const { return capacity_; }
  int workers() const { return static_cast<int>(threads_.size()); }
  /// How long a task that is pushed now would wait, judged by the ones before it.
  double expected_wait_seconds() const;

 private:
  void work();

  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
  std::size_t idle_;
  double mean_seconds_ = 0;  // of a task, over the last few dozen
  bool stop_ = false;
  std::vector<std::jthread> threads_;
};

}  // namespace mien::server
