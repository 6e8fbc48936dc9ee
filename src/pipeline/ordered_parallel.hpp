#pragma once

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace mien::pipeline {

/// Calls make(i) for i in 0..count-1 on `workers` (at least one) threads and take(i, result) on the
/// calling thread, in order. At most four results a worker wait at a time, so memory does not grow
/// with the count. An exception of either ends the work and is thrown on. take returns false to
/// stop early.
template <class Make, class Take>
void ordered_parallel(std::size_t count, int workers, Make make, Take take) {
  using Result = decltype(make(std::size_t{0}));
  struct Slot {
    std::size_t index = static_cast<std::size_t>(-1);
    std::vector<Result> result;  // empty or one
  };
  const std::size_t window = static_cast<std::size_t>(workers) * 4;
  std::vector<Slot> slots(window);
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t next = 0, taken = 0;
  bool stop = false;
  std::exception_ptr error;

  const auto work = [&] {
    for (;;) {
      std::unique_lock lock(mutex);
      changed.wait(lock, [&] { return stop || next >= count || next < taken + window; });
      if (stop || next >= count) return;
      const std::size_t index = next++;
      lock.unlock();
      std::vector<Result> result;
      std::exception_ptr failure;
      try {
        result.push_back(make(index));
      } catch (...) {
        failure = std::current_exception();
      }
      lock.lock();
      if (failure != nullptr) {
        if (error == nullptr) error = failure;
        stop = true;
      } else {
        slots[index % window] = {index, std::move(result)};
      }
      changed.notify_all();
    }
  };

  std::vector<std::jthread> threads;
  try {
    for (int i = 0; i < workers; ++i) threads.emplace_back(work);
  } catch (const std::system_error&) {
    if (threads.empty()) throw;  // else fewer threads do the work
  }
  std::unique_lock lock(mutex);
  while (taken < count && !stop) {
    changed.wait(lock, [&] { return stop || slots[taken % window].index == taken; });
    if (stop) break;
    Slot slot = std::exchange(slots[taken % window], {});
    lock.unlock();
    bool go_on = false;
    std::exception_ptr failure;
    try {
      go_on = take(taken, std::move(slot.result.front()));
    } catch (...) {
      failure = std::current_exception();
    }
    lock.lock();
    ++taken;
    if (failure != nullptr && error == nullptr) error = failure;
    if (!go_on || failure != nullptr) stop = true;
    changed.notify_all();
  }
  lock.unlock();
  threads.clear();
  if (error != nullptr) std::rethrow_exception(error);
}

}  // namespace mien::pipeline
