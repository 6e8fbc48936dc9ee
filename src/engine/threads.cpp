#include "engine/threads.hpp"

#include <omp.h>

namespace mien::engine {

int available_threads() { return omp_get_num_procs(); }

ThreadScope::ThreadScope(int threads) : before_(omp_get_max_threads()) { omp_set_num_threads(threads); }

ThreadScope::~ThreadScope() { omp_set_num_threads(before_); }

}  // namespace mien::engine
