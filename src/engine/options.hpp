#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mien::engine {

/// Type of weights and activations. Input and outputs are always f32.
enum class Precision {
  kAuto,  ///< kInt8 for a file with QuantizeLinear/DequantizeLinear nodes, else kBf16 if the CPU
          ///< has instructions for it, else kF32
  kF32,
  kBf16,  ///< weights and activations in bfloat16, sums in f32; an error if the CPU lacks bfloat16
          ///< instructions
  kInt8,  ///< layers between QuantizeLinear/DequantizeLinear nodes in 8 bits; an error for a file
          ///< without such nodes
};
std::string_view to_string(Precision precision);

/// Whether this CPU has VNNI: 8-bit multiplications that are faster than f32 and whose sums do not
/// saturate.
bool has_fast_int8();

struct CompileOptions {
  Precision precision = Precision::kAuto;
  int threads = 0;  ///< used by one call of run, including the caller's; 0: one per core
};

using InputShape = std::array<std::int64_t, 4>;  ///< batch, channels, height, width

/// One output of a call.
struct OutputTensor {
  std::string name;
  std::vector<std::int64_t> shape;
  std::vector<float> values;  ///< C order
};

}  // namespace mien::engine
