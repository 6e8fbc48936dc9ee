#include "datasets/dataset.hpp"
#include "memory_file.hpp"
#include "mien/error.hpp"

/// Any input gives packed faces or an Error, and not more faces than fit its size.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const MemoryFile file(data, size);
  try {
    const mien::datasets::Dataset dataset = mien::datasets::read_packed(file.path());
    if (dataset.size() * mien::datasets::kFacePixels > size) __builtin_trap();
    mien::datasets::dataset_hash(dataset);
  } catch (const mien::Error&) {
  }
  return 0;
}
