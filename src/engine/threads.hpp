#pragma once

namespace mien::engine {

/// The number of cores that OpenMP sees.
int available_threads();

/// Sets how many threads OpenMP regions started by this thread use, and puts the old number back at the end
/// of its scope. Other threads are not touched.
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
