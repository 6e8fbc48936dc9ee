#include <dlfcn.h>
#include <malloc.h>

#include <climits>
#include <cstdio>
#include <vector>

#include "commands.hpp"
#include "common/program.hpp"

namespace {

constexpr const char* kUsage =
    "mien-train trains the networks of Mien.\n\n"
    "  mien-train train --data fer2013.csv --out run    train a network\n"
    "  mien-train train --summary reference             print a network's table\n"
    "  mien-train tune --space space.toml --data D --out search    search settings\n"
    "  mien-train export run/best.ckpt -o model.onnx    write a model file\n\n"
    "'mien-train COMMAND --help' tells more. 'mien train', 'mien tune' and 'mien export' do the "
    "same.\n";

/// Every step takes and frees blocks of the same sizes: kept ones need no fresh pages from the
/// kernel.
void keep_freed_memory() {
  constexpr int kMostThatGlibcTakes = 32 << 20;
  mallopt(M_MMAP_THRESHOLD, kMostThatGlibcTakes);
  mallopt(M_TRIM_THRESHOLD, INT_MAX);
}

/// OpenBLAS, where it is what LibTorch multiplies with, has threads of its own, one a core, which
/// --threads does not reach and which keep spinning beside LibTorch's after their small part of the
/// work.
void stop_second_threads() {
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
  stop_second_threads();
  return mien::apps::run_program("mien-train", [&] { return run({argv + 1, argv + argc}); });
}
