#pragma once

#include <dnnl.hpp>
#include <string>
#include <utility>
#include <vector>

#include "engine/arena.hpp"
#include "engine/onednn.hpp"
#include "engine/program.hpp"

namespace mien::engine {

/// Arguments of a call: oneDNN's argument number, index of the memory.
using Arguments = std::vector<std::pair<int, int>>;

/// Writes a program call by call and derives the lifetime of every memory from the calls.
class ProgramWriter {
 public:
  explicit ProgramWriter(const dnnl::engine& engine) : engine_(engine) {}

  // Each returns the index of a new memory.
  int add_input(const dnnl::memory::desc& desc);
  int add_output(const dnnl::memory::desc& desc, std::size_t index);
  int add_constant(const dnnl::memory& constant);
  int add_arena(const dnnl::memory::desc& desc);             ///< in its own buffer
  int add_view(const dnnl::memory::desc& desc, int source);  ///< shares the bytes of another memory

  const dnnl::memory::desc& desc(int id) const { return program_.memories[id].desc; }
  bool is_in_arena(int id) const { return buffer_of_[id] >= 0; }
  const dnnl::engine& engine() const { return engine_; }

  /// Name of the node that the next calls belong to.
  void set_name(std::string name) { name_ = std::move(name); }
  /// Appends a call of the primitive `pd`; adds its scratchpad to the arguments.
  template <class Primitive>
  void call(const typename Primitive::primitive_desc& pd, Arguments arguments,
            std::int64_t multiply_adds = 0) {
    if (pd.scratchpad_desc().get_size() > 0) {
      arguments.emplace_back(DNNL_ARG_SCRATCHPAD, add_arena(pd.scratchpad_desc()));
    }
    add_call(Primitive(pd), std::move(arguments), multiply_adds);
  }
  /// Adds the arguments that the attributes need.
  void append(Arguments& arguments, const onednn::Attributes& attributes);
  void reorder(int from, int to);
  void reorder(int from, int to, const onednn::Attributes& attributes);
  void eltwise(dnnl::algorithm algorithm, float alpha, float beta, int from, int to);
  /// Multiplies the second operand by `scale` first.
  void binary(dnnl::algorithm algorithm, int a, int b, int to, float scale = 1);

  /// Places the memories. The writer must not be used afterwards.
  Program finish();

 private:
  int add_memory(const dnnl::memory::desc& desc, Placement placement, int buffer);
  void add_call(dnnl::primitive primitive, Arguments arguments, std::int64_t multiply_adds);

  const dnnl::engine& engine_;
  Program program_;
  std::string name_;
  std::vector<Buffer> buffers_;
  std::vector<int> buffer_of_;  ///< by memory; -1: not in the arena
};

}  // namespace mien::engine
