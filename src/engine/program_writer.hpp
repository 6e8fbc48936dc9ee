#pragma once

#include <dnnl.hpp>
#include <string>
#include <utility>
#include <vector>

#include "engine/arena.hpp"
#include "engine/program.hpp"

namespace mien::engine {

/// Arguments of a call: oneDNN's name, index of the memory.
using Arguments = std::vector<std::pair<int, int>>;

/// Attributes of a primitive whose scratchpad we give.
dnnl::primitive_attr plain_attributes();

/// Writes a program call by call; knows from the calls how long every memory is in use.
class ProgramWriter {
 public:
  explicit ProgramWriter(const dnnl::engine& engine) : engine_(engine) {}

  // Each gives the index of a new memory.
  int add_input(const dnnl::memory::desc& desc);
  int add_output(const dnnl::memory::desc& desc, std::size_t index);
  int add_constant(const dnnl::memory& constant);
  int add_arena(const dnnl::memory::desc& desc);             ///< in a buffer of its own
  int add_view(const dnnl::memory::desc& desc, int source);  ///< the bytes of another memory

  const dnnl::memory::desc& desc(int id) const { return program_.memories[id].desc; }
  bool is_in_arena(int id) const { return buffer_of_[id] >= 0; }
  const dnnl::engine& engine() const { return engine_; }

  /// Whom the next calls work for.
  void set_name(std::string name) { name_ = std::move(name); }
  /// A primitive made from `pd`, with its scratchpad added to the arguments.
  template <class Primitive>
  void call(const typename Primitive::primitive_desc& pd, Arguments arguments,
            std::int64_t multiply_adds = 0) {
    if (pd.scratchpad_desc().get_size() > 0) {
      arguments.emplace_back(DNNL_ARG_SCRATCHPAD, add_arena(pd.scratchpad_desc()));
    }
    add_call(Primitive(pd), std::move(arguments), multiply_adds);
  }
  void reorder(int from, int to, const dnnl::primitive_attr& attributes = plain_attributes());
  void eltwise(dnnl::algorithm algorithm, float alpha, float beta, int from, int to);
  /// The second operand is multiplied by `scale` first.
  void binary(dnnl::algorithm algorithm, int a, int b, int to, float scale = 1);

  /// Places the memories; the writer is spent then.
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
