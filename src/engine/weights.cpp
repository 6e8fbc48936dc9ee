#include "engine/weights.hpp"

#include "engine/winograd.hpp"

namespace mien::engine {

dnnl::memory to_layout(const model::Tensor& tensor, const dnnl::memory::desc& from,
                       const dnnl::memory::desc& to, const dnnl::engine& engine) {
  dnnl::memory source(from, engine, const_cast<std::byte*>(tensor.data.data()));
  dnnl::memory result(to, engine);
  if (write_winograd_weights(reinterpret_cast<const float*>(tensor.data.data()), from, result))
    return result;
  dnnl::stream stream(engine);
  dnnl::reorder(source, result).execute(stream, source, result);
  stream.wait();
  return result;
}

dnnl::memory WeightStore::get(const model::Tensor& tensor, const dnnl::memory::desc& from,
                              const dnnl::memory::desc& to) {
  for (const Entry& entry : entries_) {
    if (entry.data == tensor.data.data() && entry.from == from && entry.memory.get_desc() == to)
      return entry.memory;
  }
  if (from == to) {
    entries_.push_back({tensor.data.data(), from,
                        dnnl::memory(to, engine_, const_cast<std::byte*>(tensor.data.data()))});
  } else {
    entries_.push_back({tensor.data.data(), from, to_layout(tensor, from, to, engine_)});
    bytes_ += static_cast<std::int64_t>(to.get_size());
  }
  return entries_.back().memory;
}

}  // namespace mien::engine
