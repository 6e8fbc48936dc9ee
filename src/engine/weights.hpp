#pragma once

#include <cstdint>
#include <dnnl.hpp>
#include <vector>

#include "model/model.hpp"

namespace mien::engine {

/// A copy of a tensor, stored in the layout `from`, in the layout `to`.
dnnl::memory to_layout(const model::Tensor& tensor, const dnnl::memory::desc& from,
                       const dnnl::memory::desc& to, const dnnl::engine& engine);

/// Constants in the layouts that primitives need, each converted once. get is not thread-safe; any
/// thread may read the returned memories.
class WeightStore {
 public:
  explicit WeightStore(dnnl::engine engine) : engine_(std::move(engine)) {}

  /// Like to_layout, but refers to the tensor's own bytes if the layouts are equal. The tensor must
  /// outlive the store.
  dnnl::memory get(const model::Tensor& tensor, const dnnl::memory::desc& from,
                   const dnnl::memory::desc& to);

  /// Memory of the copies; tensors that are used as stored do not count.
  std::int64_t bytes() const { return bytes_; }

 private:
  struct Entry {
    const std::byte* data;
    dnnl::memory::desc from;  ///< two layers may read the same tensor in different layouts
    dnnl::memory memory;
  };

  dnnl::engine engine_;
  std::vector<Entry> entries_;
  std::int64_t bytes_ = 0;
};

}  // namespace mien::engine
