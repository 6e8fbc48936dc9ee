#include "engine/threads.hpp"

#include <omp.h>
#include <pthread.h>

#include <atomic>

namespace mien::engine {
namespace {

std::atomic<bool> used_several = false, lost_threads = false;

[[maybe_unused]] const int kRegistered = ::pthread_atfork(nullptr, nullptr, [] {
  if (used_several) lost_threads = true;
});

}  // namespace

int available_threads() { return omp_get_num_procs(); }

int usable_threads(int wanted) { return lost_threads ? 1 : wanted; }

ThreadScope::ThreadScope(int threads) : before_(omp_get_max_threads()) {
  if (threads > 1) used_several = true;
  omp_set_num_threads(threads);
}

ThreadScope::~ThreadScope() { omp_set_num_threads(before_); }

}  // namespace mien::engine
