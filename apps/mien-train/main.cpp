#include <dlfcn.h>
#include <malloc.h>

#include <climits>
#include <cstdio>
#include <vector>

#include "commands.hpp"
#include "common/program.hpp"

namespace {

constexpr const char* kUsage =
    "mien-train trains Mien's networks.\n\n"
    "  mien-train train --data fer2013.csv --out run    train a network\n"
    "  mien-train train --summary reference             print a network's layers\n"
    "  mien-train tune --space space.toml --data D --out search    search settings\n"
    "  mien-train export run/best.ckpt -o model.onnx    write a model file\n\n"
    "mien-train COMMAND --help describes a command. mien train, mien tune and mien export run "
    "these "
    "commands.\n";

/// Each step allocates and frees blocks of the same sizes; keeping them avoids page faults.
void keep_freed_memory() {
  constexpr int kMaxThreshold = 32 << 20;  // the largest that glibc accepts
  mallopt(M_MMAP_THRESHOLD, kMaxThreshold);
  mallopt(M_TRIM_THRESHOLD, INT_MAX);
}

/// If LibTorch uses OpenBLAS, that has its own threads, one per core, which ignore --threads and
/// keep spinning beside LibTorch's.
void disable_openblas_threads() {
  if (void* set = dlsym(RTLD_DEFAULT, "openblas_set_num_threads"))
    reinterpret_cast<void (*)(int)>(set)(1);
}

int run(const std::vector<std::string>& arguments) {
  using namespace mien::apps;
  const std::string command = arguments.empty() ? "" : arguments[0];
  const std::span<const std::string> rest = std::span(arguments).subspan(arguments.empty() ? 0 : 1);
  if (command == "train") return train_command(rest);
  if (command == "tune") return tune_command(rest);
  if (command == "export") return export_command(rest);
  if (command == "--version") return std::puts("mien-train " MIEN_VERSION), kExitOk;
  if (command == "--help" || command == "help") return std::fputs(kUsage, stdout), kExitOk;
  return std::fputs(kUsage, stderr), kExitUsage;
}

}  // namespace

int main(int argc, char** argv) {
  keep_freed_memory();
  disable_openblas_threads();
  return mien::apps::run_program("mien-train", [&] { return run({argv + 1, argv + argc}); });
}
