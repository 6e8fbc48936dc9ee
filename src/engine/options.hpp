#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mien::engine {

/// What numbers flow between the layers; input and outputs are f32 in every case.
enum class Precision {
  kAuto,  ///< kInt8 for a file with QuantizeLinear/DequantizeLinear nodes, else kBf16 where it is
          ///< fast, else kF32
  kF32,
  kBf16,  ///< weights and activations in bfloat16, sums in f32; a CPU without its instructions is
          ///< an error
  kInt8,  ///< layers between QuantizeLinear/DequantizeLinear nodes in eight bits; a file without
          ///< any is an error
};
std::string_view to_string(Precision precision);

/// Whether this CPU multiplies bytes faster than it does floats, and without saturating their sums
/// (VNNI).
bool has_fast_int8();

struct CompileOptions {
  Precision precision = Precision::kAuto;
  int threads = 0;  ///< that one call of run uses, itself included; 0: one a core
};

using InputShape = std::array<std::int64_t, 4>;  ///< batch, channels, height, width

/// One output of a call.
struct OutputTensor {
  std::string name;
  std::vector<std::int64_t> shape;
  std::vector<float> values;  ///< C order
};

}  // namespace mien::engine
