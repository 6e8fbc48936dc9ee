#include "datasets/dataset.hpp"
#include "memory_file.hpp"
#include "mien/error.hpp"

/// Any input gives FER2013 images, FER+ votes, or an Error.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const MemoryFile file(data, size);
  try {
    for (const mien::datasets::Sample& sample : mien::datasets::read_fer2013_csv(file.path())) {
      if (sample.emotion < 0 || sample.emotion >= mien::kEmotionCount || sample.row < 0)
        __builtin_trap();
    }
  } catch (const mien::Error&) {
  }
  mien::datasets::Dataset dataset(2);
  dataset[1].row = 1;
  try {
    mien::datasets::attach_ferplus_votes(dataset, file.path());
  } catch (const mien::Error&) {
    if (dataset[1].has_votes()) __builtin_trap();
  }
  return 0;
}
