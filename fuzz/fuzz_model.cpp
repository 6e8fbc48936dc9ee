#include <cstddef>
#include <cstdint>
#include <span>

#include "mien/error.hpp"
#include "model/classifier.hpp"
#include "model/model.hpp"

/// Any input gives a model or an Error; a model survives writing and reading.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const mien::model::Model model =
        mien::model::read_onnx(std::as_bytes(std::span(data, size)), "fuzz");
    const auto bytes = mien::model::write_onnx(model);
    if (mien::model::write_onnx(mien::model::read_onnx(bytes, "fuzz")) != bytes) __builtin_trap();
    mien::model::read_classifier_info(model);
  } catch (const mien::Error&) {
  }
  return 0;
}
