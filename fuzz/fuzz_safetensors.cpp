// Checkpoint containers: any bytes give an Error or tensors within the file.
#include <cstdint>
#include <cstdlib>

#include "mien/error.hpp"
#include "training/safetensors.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::byte> bytes(reinterpret_cast<const std::byte*>(data), size);
  try {
    const mien::training::SafeTensors content = mien::training::parse_safetensors(bytes, "input");
    for (const mien::training::SafeTensor& tensor : content.tensors) {
      if (!tensor.data.empty() && (tensor.data.data() < bytes.data() ||
                                   tensor.data.data() + tensor.data.size() > bytes.data() + size))
        std::abort();
    }
    const std::string written = mien::training::write_safetensors(content);
    mien::training::parse_safetensors(std::as_bytes(std::span(written)), "written");
  } catch (const mien::Error&) {
  }
  return 0;
}
