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

/// Where the bytes of one memory of a program are.
struct Placement {
  enum class Kind { kArena, kConstant, kInput, kOutput };
  Kind kind = Kind::kArena;
  std::size_t index =
      0;  ///< kArena: offset in bytes; kConstant: among the constants; kOutput: which output
};

struct ProgramMemory {
  dnnl::memory::desc desc;
  Placement placement;
};

struct Call {
  dnnl::primitive primitive;
  std::vector<std::pair<int, int>>
      arguments;     ///< oneDNN's name of the argument, index of the memory
  std::string name;  ///< of the node that it works for
  std::int64_t multiply_adds = 0;
};

/// A plan as oneDNN primitives over one block of memory. Immutable, shared by the sessions that run
/// it.
struct Program {
  std::vector<ProgramMemory> memories;
  std::vector<dnnl::memory> constants;
  std::vector<Call> calls;
  std::size_t arena_bytes = 0;
};

/// The memory and arguments of one run at a time of a program, which must outlive the session.
class Session {
 public:
  Session(const Program& program, const dnnl::engine& engine);

  /// `input` and `outputs` are f32 in C order, of the plan's sizes.
  void run(const float* input, std::span<const std::span<float>> outputs);
  /// The same, with a clock between the calls: fills `milliseconds`, one number a call of the
  /// program.
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
