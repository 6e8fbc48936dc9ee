#include "server/work_queue.hpp"

#include <chrono>

namespace mien::server {

WorkQueue::WorkQueue(int workers, std::size_t capacity)
    : capacity_(capacity), idle_(static_cast<std::size_t>(workers)) {
  for (int i = 0; i < workers; ++i) threads_.emplace_back([this] { work(); });
}

WorkQueue::~WorkQueue() { stop(); }

void WorkQueue::stop() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  for (std::jthread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

bool WorkQueue::push(std::function<void()> task, std::stop_token stop) {
  {
    const std::lock_guard lock(mutex_);
    if (stop_ || tasks_.size() >= capacity_ + idle_) return false;
    tasks_.push_back({std::move(task), std::move(stop)});
  }
  changed_.notify_one();
  return true;
}

void WorkQueue::drop_stopped() {
  std::vector<Task> dropped;  // destroyed after the lock is released
  const std::lock_guard lock(mutex_);
  std::erase_if(tasks_, [&](Task& task) {
    if (!task.stop.stop_requested()) return false;
    dropped.push_back(std::move(task));
    return true;
  });
}

std::size_t WorkQueue::waiting() const {
  const std::lock_guard lock(mutex_);
  return tasks_.size() > idle_ ? tasks_.size() - idle_ : 0;
}

double WorkQueue::expected_wait_seconds() const {
  const std::lock_guard lock(mutex_);
  return mean_seconds_ * static_cast<double>(tasks_.size()) / static_cast<double>(threads_.size());
}

void WorkQueue::work() {
  constexpr double kWeight = 1.0 / 32;  // of the newest task in the mean
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return stop_ || !tasks_.empty(); });
    if (stop_) return;
    std::function<void()> task = std::move(tasks_.front().run);
    tasks_.pop_front();
    --idle_;
    lock.unlock();
    const auto begin = std::chrono::steady_clock::now();
    task();
    task = nullptr;  // frees its memory before the next wait
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    lock.lock();
    ++idle_;
    mean_seconds_ =
        mean_seconds_ == 0 ? seconds : mean_seconds_ + kWeight * (seconds - mean_seconds_);
  }
}

}  // namespace mien::server
