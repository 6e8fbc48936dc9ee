#include "engine/program.hpp"

#include <algorithm>
#include <chrono>
#include <new>

#include "mien/error.hpp"

namespace mien::engine {
namespace {

constexpr std::align_val_t kAlignment{64};

}  // namespace

void Session::Free::operator()(std::byte* bytes) const { ::operator delete(bytes, kAlignment); }

Session::Session(const Program& program, const dnnl::engine& engine)
    : program_(program),
      arena_(static_cast<std::byte*>(
          ::operator new(std::max<std::size_t>(program.arena_bytes, 64), kAlignment))),
      stream_(engine) {
  for (const ProgramMemory& memory : program.memories) {
    switch (memory.placement.kind) {
      case Placement::Kind::kArena:
        memories_.emplace_back(memory.desc, engine, arena_.get() + memory.placement.index);
        break;
      case Placement::Kind::kConstant:
        memories_.push_back(program.constants[memory.placement.index]);
        break;
      case Placement::Kind::kInput:
      case Placement::Kind::kOutput:
        memories_.emplace_back(memory.desc, engine, static_cast<void*>(nullptr));
        break;
    }
  }
  for (const Call& call : program.calls) {
    std::vector<dnnl_exec_arg_t> arguments;
    for (const auto& [name, memory] : call.arguments)
      arguments.push_back({name, memories_[memory].get()});
    arguments_.push_back(std::move(arguments));
  }
}

void Session::bind(const float* input, std::span<const std::span<float>> outputs) {
  for (std::size_t i = 0; i < memories_.size(); ++i) {
    const Placement& placement = program_.memories[i].placement;
    if (placement.kind == Placement::Kind::kInput)
      memories_[i].set_data_handle(const_cast<float*>(input));
    if (placement.kind == Placement::Kind::kOutput)
      memories_[i].set_data_handle(outputs[placement.index].data());
  }
}

void Session::execute(std::size_t call) {
  const dnnl_status_t status =
      dnnl_primitive_execute(program_.calls[call].primitive.get(), stream_.get(),
                             static_cast<int>(arguments_[call].size()), arguments_[call].data());
  if (status != dnnl_success)
    throw Error(ErrorCode::kUnsupported, "oneDNN failed to run the network");
}

void Session::run(const float* input, std::span<const std::span<float>> outputs) {
  bind(input, outputs);
  for (std::size_t i = 0; i < arguments_.size(); ++i) execute(i);
}

void Session::run_timed(const float* input, std::span<const std::span<float>> outputs,
                        std::span<double> milliseconds) {
  bind(input, outputs);
  auto last = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < arguments_.size(); ++i) {
    execute(i);
    const auto now = std::chrono::steady_clock::now();
    milliseconds[i] = std::chrono::duration<double, std::milli>(now - last).count();
    last = now;
  }
}

}  // namespace mien::engine
