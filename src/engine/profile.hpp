#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace mien::engine {

struct Program;
class Session;

/// One call of oneDNN: a node of the graph with the operations fused into it, or a conversion.
struct CallProfile {
  std::string name;  ///< of the node, or of the converted value
  std::string kind;  ///< oneDNN's: "convolution", "inner_product", "reorder", "pooling", …
  std::string implementation;  ///< oneDNN's kernel, such as "brgconv:avx512_core_vnni"; "ref:any"
                               ///< is plain loops
  std::vector<std::int64_t> shape;      ///< of the output
  std::string input_type, output_type;  ///< "f32", "bf16", "u8", "s8"
  std::int64_t multiply_adds = 0;       ///< of the node; a Winograd convolution executes fewer
  double milliseconds = 0;              ///< median
};

struct Profile {
  double run_milliseconds = 0;     ///< median of runs without a clock between the calls
  std::vector<CallProfile> calls;  ///< in the order of execution
};

/// Runs a program twice per round: once without and once with a clock between the calls.
Profile profile(const Program& program, Session& session, const float* input,
                std::span<const std::span<float>> outputs, int rounds);

}  // namespace mien::engine
