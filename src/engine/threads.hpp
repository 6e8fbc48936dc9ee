#pragma once

namespace mien::engine {

/// The number of cores that OpenMP sees.
int available_threads();

/// `wanted`, or 1 in a process that was forked off after its parent had used several in a
/// ThreadScope: the threads of OpenMP did not come along, and a region of several would wait for
/// them for ever.
int usable_threads(int wanted);

/// Sets how many threads OpenMP regions started by this thread use, and puts the old number back at
/// the end of its scope. Other threads are not touched.
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
