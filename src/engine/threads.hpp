#pragma once

namespace mien::engine {

/// Number of cores available to OpenMP.
int available_threads();

/// `wanted`, or 1 in a process that was forked after its parent used several threads in a
/// ThreadScope: OpenMP's threads do not exist in the child, and a region of several threads would
/// wait for them forever.
int usable_threads(int wanted);

/// Sets the number of threads of OpenMP regions that this thread starts; restores the previous
/// number at the end of the scope. Does not affect other threads.
class ThreadScope {
 public:
  explicit ThreadScope(int threads);
  ThreadScope(const ThreadScope&) = delete;
  ThreadScope& operator=(const ThreadScope&) = delete;
  ~ThreadScope();

 private:
  int before_;
};

}  // namespace mien::engine
