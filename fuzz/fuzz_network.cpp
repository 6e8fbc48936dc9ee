#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/network.hpp"
#include "mien/error.hpp"

namespace {

constexpr std::int64_t kMaxInput = 64 * 64 * 3;
constexpr std::int64_t kMaxWork = 50'000'000;  // more is valid, but too slow for a fuzzer

/// The input shape of the file; small where its dimensions are free.
mien::engine::InputShape input_shape(const mien::model::Model& model) {
  mien::engine::InputShape shape = {1, 3, 16, 16};
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (const std::int64_t stated = model.inputs.at(0).shape.at(i); stated >= 0) shape[i] = stated;
  }
  return shape;
}

}  // namespace

/// Any input gives a network that runs, or an Error.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using mien::engine::Network;
  try {
    const mien::model::Model model =
        mien::model::read_onnx(std::as_bytes(std::span(data, size)), "fuzz");
    const Network network = Network::compile(model, {mien::engine::Precision::kF32, 1});
    const mien::engine::InputShape shape = input_shape(model);
    std::int64_t count = 1;
    for (const std::int64_t side : shape) {
      if (side < 0 || side > kMaxInput || (count *= side) > kMaxInput) return 0;
    }
    if (network.multiply_adds(shape) > kMaxWork) return 0;
    const std::vector<float> input(static_cast<std::size_t>(count), 0.5f);
    const auto outputs = network.run(input, shape);
    if (outputs.size() != network.output_names().size()) __builtin_trap();
  } catch (const mien::Error&) {
  }
  return 0;
}
