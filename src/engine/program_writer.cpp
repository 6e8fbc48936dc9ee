#include "engine/program_writer.hpp"

namespace mien::engine {

int ProgramWriter::add_memory(const dnnl::memory::desc& desc, Placement placement, int buffer) {
  program_.memories.push_back({desc, placement});
  buffer_of_.push_back(buffer);
  return static_cast<int>(program_.memories.size()) - 1;
}

int ProgramWriter::add_input(const dnnl::memory::desc& desc) {
  return add_memory(desc, {Placement::Kind::kInput, 0}, -1);
}

int ProgramWriter::add_output(const dnnl::memory::desc& desc, std::size_t index) {
  return add_memory(desc, {Placement::Kind::kOutput, index}, -1);
}

int ProgramWriter::add_constant(const dnnl::memory& constant) {
  program_.constants.push_back(constant);
  return add_memory(constant.get_desc(),
                    {Placement::Kind::kConstant, program_.constants.size() - 1}, -1);
}

int ProgramWriter::add_arena(const dnnl::memory::desc& desc) {
  buffers_.push_back({desc.get_size(), program_.calls.size(), program_.calls.size()});
  return add_memory(desc, {}, static_cast<int>(buffers_.size()) - 1);
}

int ProgramWriter::add_view(const dnnl::memory::desc& desc, int source) {
  const Placement placement = program_.memories[source].placement;
  return add_memory(desc, placement, buffer_of_[source]);
}

void ProgramWriter::add_call(dnnl::primitive primitive, Arguments arguments,
                             std::int64_t multiply_adds) {
  for (const auto& [name, id] : arguments) {
    if (buffer_of_[id] >= 0) buffers_[buffer_of_[id]].last = program_.calls.size();
  }
  program_.calls.push_back({std::move(primitive), std::move(arguments), name_, multiply_adds});
}

void ProgramWriter::append(Arguments& arguments, const onednn::Attributes& attributes) {
  for (const auto& [argument, values] : attributes.arguments)
    arguments.emplace_back(argument, add_constant(values));
}

void ProgramWriter::reorder(int from, int to) { reorder(from, to, onednn::Attributes(engine_)); }

void ProgramWriter::reorder(int from, int to, const onednn::Attributes& attributes) {
  const dnnl::reorder::primitive_desc pd(engine_, desc(from), engine_, desc(to), attributes.attr);
  Arguments arguments = {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}};
  append(arguments, attributes);
  call<dnnl::reorder>(pd, std::move(arguments));
}

void ProgramWriter::eltwise(dnnl::algorithm algorithm, float alpha, float beta, int from, int to) {
  call<dnnl::eltwise_forward>(onednn::eltwise(engine_, algorithm, desc(from), alpha, beta,
                                              onednn::Attributes(engine_).attr),
                              {{DNNL_ARG_SRC, from}, {DNNL_ARG_DST, to}});
}

void ProgramWriter::binary(dnnl::algorithm algorithm, int a, int b, int to, float scale) {
  onednn::Attributes attributes(engine_);
  if (scale != 1) attributes.set_scale(DNNL_ARG_SRC_1, scale);
  Arguments arguments = {{DNNL_ARG_SRC_0, a}, {DNNL_ARG_SRC_1, b}, {DNNL_ARG_DST, to}};
  append(arguments, attributes);
  call<dnnl::binary>(
      onednn::binary(engine_, algorithm, desc(a), desc(b), desc(to), attributes.attr),
      std::move(arguments));
}

Program ProgramWriter::finish() {
  program_.arena_bytes = place_buffers(buffers_);
  for (std::size_t i = 0; i < program_.memories.size(); ++i) {
    if (buffer_of_[i] >= 0)
      program_.memories[i].placement = {Placement::Kind::kArena, buffers_[buffer_of_[i]].offset};
  }
  return std::move(program_);
}

}  // namespace mien::engine
