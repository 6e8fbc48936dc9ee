#pragma once

#include <cstddef>
#include <cstdint>
#include <dnnl.hpp>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace mien::engine {

/// Location of one memory of a program.
struct Placement {
  enum class Kind { kArena, kConstant, kInput, kOutput };
  Kind kind = Kind::kArena;
  std::size_t index = 0;  ///< kArena: offset in bytes; kConstant: index of the constant; kOutput:
                          ///< index of the output
};

struct ProgramMemory {
  dnnl::memory::desc desc;
  Placement placement;
};

struct Call {
  dnnl::primitive primitive;
  std::vector<std::pair<int, int>> arguments;  ///< oneDNN's argument number, index of the memory
  std::string name;                            ///< of the node that it belongs to
  std::int64_t multiply_adds = 0;
};

/// A plan as oneDNN primitives over one block of memory. Immutable; its sessions share it.
struct Program {
  std::vector<ProgramMemory> memories;
  std::vector<dnnl::memory> constants;
  std::vector<Call> calls;
  std::size_t arena_bytes = 0;
};

/// Memory and arguments to run a program, which must outlive the session. Not thread-safe.
class Session {
 public:
  Session(const Program& program, const dnnl::engine& engine);

  /// `input` and `outputs` are f32 in C order, with the sizes of the plan.
  void run(const float* input, std::span<const std::span<float>> outputs);
  /// The same with a clock between the calls: fills `milliseconds`, one per call of the program.
  void run_timed(const float* input, std::span<const std::span<float>> outputs,
                 std::span<double> milliseconds);

 private:
  struct Free {
    void operator()(std::byte* bytes) const;
  };

  void bind(const float* input, std::span<const std::span<float>> outputs);
  void execute(std::size_t call);

  const Program& program_;
  std::unique_ptr<std::byte, Free> arena_;
  dnnl::stream stream_;
  std::vector<dnnl::memory> memories_;
  std::vector<std::vector<dnnl_exec_arg_t>> arguments_;  ///< by call
};

}  // namespace mien::engine
